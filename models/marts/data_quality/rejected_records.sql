-- One row per line of an input file that was rejected or excluded, with the rule and the reason. Private: it can quote the file.

with lines as (

    select * from {{ ref('int_ruled_lines') }}
    where rule_id is not null

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
