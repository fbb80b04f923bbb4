-- What is our win rate, how sure is it, and what was it the previous quarter?

select
    baseline.period,
    baseline.first_quarter,
    baseline.last_quarter,
    baseline.closed_deals,
    baseline.won_deals,
    baseline.win_rate,
    baseline.win_rate_low,
    baseline.win_rate_high,
    baseline.missing_reason
from {{ ref('win_rate_baseline') }} as baseline
inner join {{ ref('dim_periods') }} as periods on baseline.period = periods.period
order by periods.period_order
