-- How many more deals would it take to know about a segment?

select
    dimension,
    segment,
    closed_deals,
    win_rate,
    deals_needed,
    min_detectable_difference
from {{ ref('icp_recommendations') }}
where action = 'not_enough_data'
order by deals_needed, dimension, segment
