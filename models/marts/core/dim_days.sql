-- One row per day from the first close of a deal, 25 years back at most, to the last day the export speaks of: what metrics count time by.

with bounds as (

    select
        greatest(
            coalesce(min(deals.closed_on), max(periods.as_of_on)),
            cast({{ dbt.dateadd('month', -300, 'max(periods.as_of_on)') }} as date)
        ) as first_on,
        max(periods.as_of_on) as last_on
    from {{ ref('dim_periods') }} as periods
    left join {{ ref('fct_closed_deals') }} as deals on deals.closed_on <= periods.as_of_on
    where periods.period = 'all'

),

days as (

    select
        bounds.first_on + numbers.number as date_day,
        bounds.last_on
    from bounds
    cross join (select cast(id as integer) as number from range(9200) as counted (id)) as numbers

)

select date_day
from days
where date_day <= last_on
