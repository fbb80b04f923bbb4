-- One row per dimension x segment x age at which deals of the window were decided: the chance that a deal of the segment, still open at
-- that age, is won yet: the pace of all deals, won and lost each times the segment's ratio.

with hazards as (

    select
        paces.dimension,
        paces.segment,
        steps.age_days,
        least(1e0, paces.won_pace * steps.won_hazard) as won_hazard,
        paces.lost_pace * steps.lost_hazard as lost_hazard
    from {{ ref('int_segment_paces') }} as paces
    cross join {{ ref('int_win_curve_steps') }} as steps
    where steps.period = 'window' and steps.dimension = 'all'

),

-- where both ratios are large, no more can be decided than is open
bounded as (

    select
        dimension,
        segment,
        age_days,
        won_hazard / greatest(1e0, won_hazard + lost_hazard) as won_hazard,
        lost_hazard / greatest(1e0, won_hazard + lost_hazard) as lost_hazard,
        case when won_hazard + lost_hazard < 1 - 1e-12 then 1e0 - won_hazard - lost_hazard else 0e0 end as kept_share
    from hazards

),

survived as (

    select
        *,
        {{ running_product('kept_share', 'dimension, segment', 'age_days') }} as open_share
    from bounded

),

opened as (

    select
        *,
        coalesce(lag(open_share) over (partition by dimension, segment order by age_days), 1e0) as open_share_before
    from survived

),

cumulated as (

    select
        *,
        sum(open_share_before * won_hazard) over (partition by dimension, segment order by age_days) as won_share
    from opened

)

select
    *,
    max(won_share) over (partition by dimension, segment) as final_won_share,
    coalesce((max(won_share) over (partition by dimension, segment) - won_share) / nullif(open_share, 0), 0e0) as win_chance
from cumulated
