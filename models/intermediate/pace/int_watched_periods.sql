{{ config(materialized='ephemeral') }}
-- One row per period in which deals are watched, that before the window among them: from which day on, and until which.
-- noqa: disable=LT02

with closing_days as (

    select
        counted_on as closed_on,
        sum(sum(deals)) over (order by counted_on) as closed_by_then,
        sum(sum(deals)) over () as closed_deals
    from {{ ref('int_deals_by_day') }}
    where basis = 'closed' and counted_on is not null
    group by counted_on

),

-- an export of the deals closed since some day holds of older deals only those that lasted until then: all are watched from that
-- day on. One close in a thousand may lie before it, for years are mistyped.
watched as (

    select min(closed_on) as watched_from_on
    from closing_days
    where closed_by_then > 0.001e0 * closed_deals

),

-- besides the periods of all answers the one before the window, as long as it: are deals won as fast as then?
periods as (

    select
        period,
        starts_on,
        ends_before_on,
        as_of_on
    from {{ ref('dim_periods') }}
    union all
    select
        'window_before' as period,
        cast(case
            when quarter_count = {{ setting('extended_window_quarters') | int }}
                then {{ quarters_later('starts_on', -1 * (setting('extended_window_quarters') | int)) }}
            else {{ quarters_later('starts_on', -1 * (setting('window_quarters') | int)) }}
        end as date) as starts_on,
        starts_on as ends_before_on,
        as_of_on
    from {{ ref('dim_periods') }}
    where period = 'window'

)

-- a period without a first day, where no quarter is complete, holds no deals
select
    periods.period,
    periods.as_of_on,
    greatest(coalesce(periods.starts_on, watched.watched_from_on), watched.watched_from_on) as from_on,
    least(coalesce(periods.ends_before_on - 1, periods.as_of_on), periods.as_of_on) as until_on
from periods
cross join watched
where periods.period = 'all' or periods.starts_on is not null
