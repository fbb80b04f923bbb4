-- One row per period: the win rate of all deals, with what was won and lost. Periods overlap and may not be added.

with totals as (

    select
        periods.period,
        {{ deal_measures() }}
    from {{ ref('dim_periods') }} as periods
    left join {{ ref('fct_deals') }} as deals
        on deals.is_in_population
        and deals.outcome != 'open'
        and (
            periods.period = 'all'
            or (deals.closed_on >= periods.starts_on and deals.closed_on < periods.ends_before_on)
        )
    group by periods.period

),

weighted as (

    select
        *,
        power(closed_amount, 2) / nullif(squared_amount, 0) as value_effective_deals
    from totals

)

select
    periods.period,
    periods.first_quarter,
    periods.last_quarter,
    periods.population,
    weighted.closed_deals,
    weighted.won_deals,
    weighted.lost_deals,
    weighted.disqualified_deals,
    {{ rate('weighted.won_deals', 'weighted.closed_deals') }} as win_rate,
    {{ wilson_low('weighted.won_deals', 'weighted.closed_deals') }} as win_rate_low,
    {{ wilson_high('weighted.won_deals', 'weighted.closed_deals') }} as win_rate_high,
    periods.missing_reason,
    weighted.won_amount,
    weighted.lost_amount,
    {{ rate('coalesce(weighted.won_amount, 0)', 'weighted.closed_amount') }} as value_win_rate,
    weighted.value_effective_deals,
    {{ wilson_low('value_effective_deals * coalesce(won_amount, 0) / nullif(closed_amount, 0)', 'value_effective_deals') }} as value_win_rate_low,
    {{ wilson_high('value_effective_deals * coalesce(won_amount, 0) / nullif(closed_amount, 0)', 'value_effective_deals') }} as value_win_rate_high,
    weighted.mean_won_amount,
    weighted.mean_lost_amount,
    weighted.median_won_amount,
    weighted.median_lost_amount,
    weighted.mean_won_cycle_days,
    weighted.mean_lost_cycle_days,
    weighted.median_won_cycle_days,
    weighted.median_lost_cycle_days,
    periods.value_currency,
    periods.value_missing_reason
from {{ ref('dim_periods') }} as periods
inner join weighted on periods.period = weighted.period
