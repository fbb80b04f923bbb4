-- What would have been advised before each quarter, and what did the quarter show?

select
    quarter,
    advice,
    inside_win_rate,
    outside_win_rate,
    difference_low,
    difference_high
from {{ ref('icp_backtest') }}
where method = 'winloss'
order by quarter
