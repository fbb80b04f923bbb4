{{ config(materialized='ephemeral') }}
-- One row per dimension x segment x age at which deals of the window were decided: of the deals of the segment open at that age, the share
-- won and lost then: that of all deals, won and lost each times the segment's ratio. Age -1, before a deal is created, decides none.

with steps as (

    select
        age_days,
        at_risk_deals,
        won_hazard,
        lost_hazard
    from {{ ref('int_win_curve_steps') }}
    where period = 'window' and dimension = 'all'
    union all
    select
        -1 as age_days,
        cast(null as bigint) as at_risk_deals,
        0e0 as won_hazard,
        0e0 as lost_hazard
    from {{ ref('int_win_curve_steps') }}
    where period = 'window' and dimension = 'all' and next_age_days is null

),

hazards as (

    select
        paces.dimension,
        paces.segment,
        paces.won_pace,
        paces.lost_pace,
        steps.age_days,
        steps.at_risk_deals,
        least(1e0, paces.won_pace * steps.won_hazard) as won_hazard,
        paces.lost_pace * steps.lost_hazard as lost_hazard
    from {{ ref('int_segment_paces') }} as paces
    cross join steps

)

-- where both ratios are large, no more can be decided than is open
select
    dimension,
    segment,
    won_pace,
    lost_pace,
    age_days,
    at_risk_deals,
    won_hazard / greatest(1e0, won_hazard + lost_hazard) as won_hazard,
    lost_hazard / greatest(1e0, won_hazard + lost_hazard) as lost_hazard,
    case when won_hazard + lost_hazard < 1 - 1e-12 then 1e0 - won_hazard - lost_hazard else 0e0 end as kept_share
from hazards
