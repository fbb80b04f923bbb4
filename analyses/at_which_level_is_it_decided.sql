-- At which level is it decided?

select
    seniority,
    sum(contacts) as contacts,
    sum(won_contacts) as won_contacts,
    cast(sum(contacts) as double) / nullif(max(all_contacts), 0) as share
from {{ ref('decision_makers') }}
where period = 'window'
group by seniority
order by contacts desc, seniority
