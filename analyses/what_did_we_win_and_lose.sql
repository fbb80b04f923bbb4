-- What were the deals we won and lost worth, and how long did they take?

select
    period,
    value_currency,
    won_amount,
    lost_amount,
    value_win_rate,
    mean_won_amount,
    mean_lost_amount,
    mean_won_cycle_days,
    mean_lost_cycle_days,
    value_missing_reason
from {{ ref('win_rate_baseline') }}
where period in ('quarter', 'window')
order by period
