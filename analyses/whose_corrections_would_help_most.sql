-- Whose corrections would help most?

select
    who_fixes,
    rule_id,
    sum(records) as records,
    sum(sum(records)) over (partition by who_fixes) as records_of_all_rules
from {{ ref('data_quality_findings') }}
where records > 0
group by who_fixes, rule_id
order by records_of_all_rules desc, who_fixes, records desc, rule_id
