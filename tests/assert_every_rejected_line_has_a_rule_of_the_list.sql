-- Detects a rule id that `reject_rules` does not know, or knows for other files: the line would be neither rejected nor excluded.
-- `input_files` and `rejected_records` take decision, remedy and the role that mends from that list.
-- A returned row is a rule id without an entry; add it to seeds/reject_rules.csv.

with lines as (

    {% for object, model in models_of_lines().items() -%}
    select '{{ object }}' as object, rule_id
    from {{ ref(model) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    lines.object,
    lines.rule_id,
    count(*) as lines_affected
from lines
left join {{ ref('reject_rules') }} as rules
    on lines.rule_id = rules.rule_id
    and (rules.applies_to = 'any file' or rules.applies_to = lines.object or (rules.applies_to = 'contacts' and lines.object = 'deal_contacts'))
where lines.rule_id is not null and rules.rule_id is null
group by lines.object, lines.rule_id
