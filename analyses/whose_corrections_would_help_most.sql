-- Whose corrections would help most?

select
    who_fixes,
    sum(records) as records,
    {{ listed('rule_id') }} as rules
from {{ ref('data_quality_findings') }}
where records > 0
group by who_fixes
order by records desc, who_fixes
