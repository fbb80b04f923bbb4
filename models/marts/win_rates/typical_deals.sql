-- One row per period x measure of a closed deal: the mean, and the median with its interval. A few large deals pull a mean;
-- the interval of a median counts deals and assumes nothing about their spread. Periods overlap and may not be added.

with deals as (

    select
        periods.period,
        periods.population,
        deals.outcome,
        cast(deals.amount as double) as amount,
        cast(deals.cycle_days as double) as cycle_days
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('fct_closed_deals') }} as deals
        on periods.period = 'all'
        or (deals.closed_on >= periods.starts_on and deals.closed_on < periods.ends_before_on)

),

measured as (

    select period, population, case when outcome = 'won' then 'won_amount' else 'lost_amount' end as measure, amount as value
    from deals
    where amount is not null
    union all
    select period, population, case when outcome = 'won' then 'won_cycle_days' else 'lost_cycle_days' end as measure, cycle_days as value
    from deals
    where cycle_days is not null

),

ranked as (

    select
        *,
        row_number() over (partition by period, measure order by value) as position,
        count(*) over (partition by period, measure) as deals
    from measured

),

-- ranks of the deals between which the median of all such deals lies; under eight deals there are none
bounded as (

    select
        *,
        floor(deals / 2e0 - 0.98e0 * sqrt(deals)) as low_position
    from ranked

)

select
    period,
    measure,
    population,
    deals,
    avg(value) as mean,
    median(value) as median,
    max(case when low_position >= 1 and position = low_position then value end) as median_low,
    max(case when low_position >= 1 and position = deals + 1 - low_position then value end) as median_high
from bounded
group by period, measure, population, deals
