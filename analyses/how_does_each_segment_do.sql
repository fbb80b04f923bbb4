-- What is the win rate of each region, country, product, lead source, deal type and deal size, and what value did it bring?

select
    dimension,
    segment,
    closed_deals,
    won_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    won_amount,
    has_few_deals
from {{ ref('win_rates_by_dimension') }}
where period = 'window'
order by dimension, segment_order, segment
