-- Who must fix how many lines?

select
    who_fixes,
    sum(records) as records,
    count(*) as rules
from {{ ref('rejected_record_counts') }}
where decision = 'rejected' and records > 0
group by who_fixes
order by records desc, who_fixes
