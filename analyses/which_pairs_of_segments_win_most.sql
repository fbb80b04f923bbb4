-- Which pairs of segments do we win most often?

select
    dimension,
    segment,
    second_dimension,
    second_segment,
    closed_deals,
    win_rate,
    win_rate_low,
    shrunken_win_rate,
    mean_won_amount
from {{ ref('win_rates_by_segment_pair') }}
where period = 'window'
order by shrunken_win_rate desc, dimension, segment, second_dimension, second_segment
limit 10
