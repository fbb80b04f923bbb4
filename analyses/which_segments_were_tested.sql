-- Which segments were tested, and what came of it?

select
    dimension,
    count(*) as segments,
    count(*) filter (where is_candidate) as tested,
    count(*) filter (where grade = 'strong') as claims
from {{ ref('icp_segment_evidence') }}
group by dimension
order by dimension
