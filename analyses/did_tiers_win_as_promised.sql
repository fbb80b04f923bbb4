-- Did each tier win as often as the quarters before had promised?

select
    quarter,
    tier,
    closed_deals,
    expected_win_rate,
    win_rate,
    win_rate_low,
    win_rate_high,
    is_within
from {{ ref('account_tier_history') }}
order by quarter, tier
