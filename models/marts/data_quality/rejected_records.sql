-- One row per line of an input file that was rejected or excluded, with the rule and the reason. Private: it can quote the file.

with lines as (

    {% for object, model in models_of_lines().items() -%}
    select '{{ object }}' as object, source_file, source_line, rule_id, reason
    from {{ ref(model) }}
    where rule_id is not null
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    lines.object,
    lines.source_file,
    lines.source_line,
    lines.rule_id,
    rules.decision,
    lines.reason,
    rules.remedy
from lines
left join {{ ref('reject_rules') }} as rules on lines.rule_id = rules.rule_id
