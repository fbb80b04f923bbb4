{{ config(materialized='table') }}
-- One row per dimension x segment: the wins that the open deals of the segment will bring at its pace, and how uncertain they are. Dimensions
-- may not be added.

with ages as (

    select
        dimension,
        segment,
        age_days,
        won_hazard,
        lost_hazard,
        open_share_before,
        open_share,
        win_chance
    from {{ ref('int_segment_chances') }}
    union all
    -- a deal younger than any that was decided
    select
        dimension,
        segment,
        -1 as age_days,
        0e0 as won_hazard,
        0e0 as lost_hazard,
        1e0 as open_share_before,
        1e0 as open_share,
        max(final_won_share) as win_chance
    from {{ ref('int_segment_chances') }}
    group by dimension, segment

),

-- of the deals open when the export ends, those that will pass each later age still open
flow as (

    select
        ages.*,
        coalesce(cells.deals, 0) as deals,
        cells.amount,
        coalesce(sum(coalesce(cells.deals, 0) / nullif(ages.open_share, 0)) over (
            partition by ages.dimension, ages.segment order by ages.age_days rows between unbounded preceding and 1 preceding
        ), 0e0) * ages.open_share_before as passing_deals
    from ages
    left join {{ ref('int_open_cells') }} as cells
        on ages.dimension = cells.dimension and ages.segment = cells.segment and ages.age_days = cells.step_age_days

),

summed as (

    select
        dimension,
        segment,
        {{ sum_expected('deals * win_chance') }} as expected_wins,
        {{ sum_in_any_order('cast(amount as double) * win_chance') }} as expected_amount,
        {{ sum_expected('deals * win_chance * (1 - win_chance)') }} as chance_variance,
        {{ sum_expected('passing_deals * won_hazard * (1 - win_chance)') }} as won_pace_effect,
        {{ sum_expected('passing_deals * lost_hazard * win_chance') }} as lost_pace_effect
    from flow
    group by dimension, segment

)

-- chance of these deals, and that the segment's pace is known from as few wins and losses as it had
select
    summed.dimension,
    summed.segment,
    paces.won_deals,
    paces.expected_won_deals,
    paces.won_pace,
    summed.expected_wins,
    summed.expected_amount,
    sqrt(
        summed.chance_variance
        + coalesce(power(summed.won_pace_effect, 2) / nullif(paces.won_deals + paces.won_weight, 0), 0e0)
        + coalesce(power(summed.lost_pace_effect, 2) / nullif(paces.lost_deals + paces.lost_weight, 0), 0e0)
    ) as standard_error
from summed
inner join {{ ref('int_segment_paces') }} as paces on summed.dimension = paces.dimension and summed.segment = paces.segment
