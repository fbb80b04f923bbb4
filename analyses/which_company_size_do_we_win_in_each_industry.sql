-- Which company size do we win in each industry?

select
    segment as industry,
    second_segment as revenue_band,
    closed_deals,
    win_rate,
    win_rate_low,
    win_rate_high
from {{ ref('win_rates_by_segment_pair') }}
where period = 'window' and dimension = 'industry' and second_dimension = 'revenue_band'
order by industry, win_rate desc, revenue_band
