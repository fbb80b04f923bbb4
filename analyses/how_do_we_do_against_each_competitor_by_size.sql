-- How do we do against each competitor by deal size?

select
    competitor,
    segment as deal_size,
    closed_deals,
    won_deals,
    win_rate,
    win_rate_low,
    win_rate_high
from {{ ref('win_rates_by_competitor_segment') }}
where period = 'all' and dimension = 'deal_size_band'
order by competitor, segment
