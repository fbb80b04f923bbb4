-- Detects lines that no count covers: records of a file that were neither accepted, rejected nor excluded, such as those an unclosed quote
-- swallowed; lines of a file that `input_files` does not list; and a rule id that `reject_rules` does not know, or knows for other files.
-- Every answer takes it for granted that nothing was lost on the way.
-- A returned row is a file and what is wrong: read the file near its last accepted line, or add the rule to seeds/reject_rules.csv.

with lines as (

    {% for object, model in models_of_lines().items() -%}
    select
        '{{ object }}' as object,
        source_file,
        rule_id
    from {{ ref(model) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    object,
    source_file,
    'records that are not accounted for' as problem,
    unaccounted as lines_affected
from {{ ref('input_files') }}
where unaccounted is distinct from 0
union all
select
    lines.object,
    lines.source_file,
    'the file is not listed' as problem,
    count(*) as lines_affected
from lines
left join {{ ref('input_files') }} as files on lines.object = files.object and lines.source_file = files.source_file
where files.source_file is null
group by lines.object, lines.source_file
union all
select
    lines.object,
    lines.source_file,
    'no rule ' || lines.rule_id as problem,
    count(*) as lines_affected
from lines
left join {{ ref('reject_rules') }} as rules
    on lines.rule_id = rules.rule_id
    and (rules.applies_to = 'any file' or rules.applies_to = lines.object or (rules.applies_to = 'contacts' and lines.object = 'deal_contacts'))
where lines.rule_id is not null and rules.rule_id is null
group by lines.object, lines.source_file, lines.rule_id
