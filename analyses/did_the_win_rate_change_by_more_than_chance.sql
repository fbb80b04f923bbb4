-- Did the win rate change, since the previous quarter, by more than chance?

select
    quarter,
    closed_deals,
    win_rate,
    lower_limit,
    center_line,
    upper_limit,
    is_outside_limits,
    win_rate_change,
    win_rate_change_low,
    win_rate_change_high,
    is_win_rate_changed,
    is_partial
from {{ ref('win_rates_by_quarter') }}
order by starts_on
