{{ config(materialized='ephemeral') }}
-- One row per dimension x segment x age at which deals of the window were decided: the deals open when the export ends that have passed it
-- last, the wins to expect of them, and what a slip of the hazards at that age would do to those wins. Dimensions may not be added.

with flow as (

    select
        chances.*,
        coalesce(cells.deals, 0) as deals,
        cells.amount,
        -- of the deals open when the export ends, those that will reach this age still open
        coalesce(sum(coalesce(cells.deals, 0) / nullif(chances.open_share, 0)) over (
            partition by chances.dimension, chances.segment order by chances.age_days rows between unbounded preceding and 1 preceding
        ), 0e0) * chances.open_share_before as passing_deals
    from {{ ref('int_segment_chances') }} as chances
    left join {{ ref('int_open_cells') }} as cells
        on chances.dimension = cells.dimension and chances.segment = cells.segment and chances.age_days = cells.step_age_days

)

select
    dimension,
    segment,
    age_days,
    passing_deals,
    deals * win_chance as expected_wins,
    cast(amount as double) * win_chance as expected_amount,
    deals * win_chance * (1 - win_chance) as chance_variance,
    passing_deals * won_hazard * (1 - win_chance) as won_pace_effect,
    passing_deals * lost_hazard * win_chance as lost_pace_effect,
    -- the shares won and lost at one age are those of the few deals that were open at it: delta method
    power(passing_deals, 2) / nullif(at_risk_deals, 0) * (
        won_hazard * (won_pace - won_hazard) * power(1 - win_chance, 2)
        + lost_hazard * (lost_pace - lost_hazard) * power(win_chance, 2)
        + 2 * won_hazard * lost_hazard * (1 - win_chance) * win_chance
    ) as curve_variance
from flow
