-- In which segments do we lose against whom?

select
    competitor,
    dimension,
    segment,
    closed_deals,
    won_deals,
    win_rate,
    win_rate_low,
    win_rate_high
from {{ ref('win_rates_by_competitor_segment') }}
where period = 'window'
order by win_rate, competitor, dimension, segment
