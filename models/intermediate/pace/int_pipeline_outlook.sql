{{ config(materialized='table') }}
-- One row per dimension x segment: the wins that the open deals of the segment will bring at its pace, and how uncertain they are. Dimensions
-- may not be added.

with summed as (

    select
        dimension,
        segment,
        {{ sum_expected('expected_wins') }} as expected_wins,
        {{ sum_in_any_order('expected_amount') }} as expected_amount,
        {{ sum_expected('chance_variance') }} as chance_variance,
        {{ sum_expected('curve_variance') }} as curve_variance,
        {{ sum_expected('won_pace_effect') }} as won_pace_effect,
        {{ sum_expected('lost_pace_effect') }} as lost_pace_effect
    from {{ ref('int_open_flow') }}
    group by dimension, segment

),

paces as (

    select
        *,
        max(case when dimension = 'all' then won_deals end) over () as all_won_deals,
        max(case when dimension = 'all' then lost_deals end) over () as all_lost_deals
    from {{ ref('int_segment_paces') }}

),

-- the segment's pace is known from as few wins and losses as it had; what its ratio cannot correct is the shape of the curve of all deals
uncertain as (

    select
        summed.*,
        paces.won_deals,
        paces.expected_won_deals,
        paces.won_pace,
        coalesce(power(summed.won_pace_effect, 2) / nullif(paces.won_deals + paces.won_weight, 0), 0e0)
        + coalesce(power(summed.lost_pace_effect, 2) / nullif(paces.lost_deals + paces.lost_weight, 0), 0e0) as pace_variance,
        coalesce(power(summed.won_pace_effect, 2) / nullif(paces.all_won_deals, 0), 0e0)
        + coalesce(power(summed.lost_pace_effect, 2) / nullif(paces.all_lost_deals, 0), 0e0) as level_variance
    from summed
    inner join paces on summed.dimension = paces.dimension and summed.segment = paces.segment

)

select
    dimension,
    segment,
    won_deals,
    expected_won_deals,
    won_pace,
    expected_wins,
    expected_amount,
    sqrt(chance_variance + pace_variance + greatest(0e0, curve_variance - level_variance)) as standard_error
from uncertain
