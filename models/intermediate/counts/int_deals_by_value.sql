-- One row per period x measure of a closed deal x value of it: how many deals share it. Periods overlap and may not be added.

with values_by_day as (

    select
        closed_on,
        outcome || '_amount' as measure,
        cast(amount as double) as value,
        count(*) as deals
    from {{ ref('fct_closed_deals') }}
    where amount is not null
    group by closed_on, outcome, cast(amount as double)
    union all
    select
        closed_on,
        outcome || '_cycle_days' as measure,
        cast(cycle_days as double) as value,
        count(*) as deals
    from {{ ref('fct_closed_deals') }}
    where cycle_days is not null
    group by closed_on, outcome, cast(cycle_days as double)

)

select
    periods.period,
    periods.population,
    by_day.measure,
    by_day.value,
    sum(by_day.deals) as deals
from values_by_day as by_day
inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
    on by_day.closed_on is not distinct from periods.closed_on
group by periods.period, periods.population, by_day.measure, by_day.value
