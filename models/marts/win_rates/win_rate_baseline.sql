-- One row per period: the win rate of all deals, with what was won and lost. Periods overlap and may not be added.

with outcomes as (

    select
        periods.period,
        deals.outcome,
        {{ outcome_measures() }}
    from {{ ref('fct_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where deals.is_in_population and deals.outcome != 'open'
    group by periods.period, deals.outcome

),

-- a period without deals has a row as well
totals as (

    select
        periods.period,
        {{ deal_measures() }}
    from {{ ref('dim_periods') }} as periods
    left join outcomes on periods.period = outcomes.period
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
