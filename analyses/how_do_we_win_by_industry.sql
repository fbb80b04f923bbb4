-- How often do we win in each industry, and on how many deals does that rest?
-- Ordered by the rate shrunk towards that of all deals, so that three wins of three do not come first.

select
    segment as industry,
    closed_deals,
    won_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    shrunken_win_rate,
    has_few_deals,
    missing_reason
from {{ ref('win_rates_by_dimension') }}
where period = 'quarter' and dimension = 'industry'
order by shrunken_win_rate desc nulls last, segment
