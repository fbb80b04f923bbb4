-- Against whom do we win, and against whom less than against others?

select
    competitor,
    closed_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    other_win_rate,
    difference,
    difference_low,
    difference_high,
    is_claimed,
    rationale
from {{ ref('win_rates_by_competitor') }}
where period = 'window'
order by shrunken_win_rate, competitor
