-- Which segments were tested, and what came of it?

select
    attribute,
    count(*) as segments,
    count(*) filter (where is_candidate) as tested,
    count(*) filter (where grade = 'claim') as claims
from {{ ref('icp_segment_evidence') }}
group by attribute
order by attribute
