{{ config(materialized='table') }}
-- One row per period x dimension x segment x age in days at which deals came under watch, were decided or were left open. Dimensions
-- overlap and may not be added.

with days as (

    select
        period,
        dimension,
        segment,
        age_days,
        cast(coalesce(sum(deals) filter (where movement = 'entered'), 0) as bigint) as entered_deals,
        cast(coalesce(sum(deals) filter (where movement = 'won'), 0) as bigint) as won_deals,
        cast(coalesce(sum(deals) filter (where movement in ('lost', 'disqualified')), 0) as bigint) as lost_deals,
        cast(coalesce(sum(deals) filter (where movement = 'open'), 0) as bigint) as open_deals
    from {{ ref('int_spell_movements') }}
    group by period, dimension, segment, age_days

),

-- a deal found and decided at the same age was watched at that age
watched as (

    select
        *,
        cast(
            sum(entered_deals) over by_age - sum(won_deals + lost_deals + open_deals) over by_age + won_deals + lost_deals + open_deals as bigint
        ) as at_risk_deals,
        cast(sum(entered_deals) over (partition by period, dimension, segment) - sum(entered_deals) over by_age as bigint) as entering_later_deals
    from days
    window by_age as (partition by period, dimension, segment order by age_days)

)

-- what is decided while few deals are watched and more are yet to enter would weigh too much (Lai and Ying 1991)
select
    *,
    at_risk_deals >= {{ setting('curve_minimum_deals') | int }} or entering_later_deals = 0 as is_counted
from watched
