-- Who must mend how many lines?

select
    who_mends,
    sum(records) as records,
    count(*) as rules
from {{ ref('rejected_record_counts') }}
where decision = 'rejected' and records > 0
group by who_mends
order by records desc, who_mends
