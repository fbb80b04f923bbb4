-- One row per quarter x dimension x segment, for every quarter of win_rates_by_quarter and every segment with a closed deal. Everything
-- adds up over quarters, and over the segments of one dimension; competitors add up to more, since a deal may name several. Dimensions
-- overlap and may not be added. Deals closed without a date are in no quarter.

-- a quarter without a deal of the segment is a zero and no hole
with cells as (

    select
        quarters.quarter,
        quarters.starts_on,
        quarters.ends_before_on,
        quarters.is_partial,
        quarters.population,
        quarters.value_missing_reason,
        seen.dimension,
        seen.segment
    from {{ ref('win_rates_by_quarter') }} as quarters
    cross join (
        select distinct
            dimension,
            segment
        from {{ ref('int_segment_endings') }}
    ) as seen

)

select
    cells.quarter,
    cells.starts_on,
    cells.ends_before_on,
    cells.is_partial,
    cells.dimension,
    cells.segment,
    bands.band_order as segment_order,
    cells.population,
    cast(coalesce(segment_totals.won_deals + segment_totals.lost_deals, 0) as bigint) as closed_deals,
    cast(coalesce(segment_totals.won_deals, 0) as bigint) as won_deals,
    cast(coalesce(segment_totals.lost_deals, 0) as bigint) as lost_deals,
    cast(coalesce(segment_totals.disqualified_deals, 0) as bigint) as disqualified_deals,
    segment_totals.won_amount,
    segment_totals.lost_amount,
    cast(coalesce(segment_totals.valued_won_deals, 0) as bigint) as valued_won_deals,
    cast(coalesce(segment_totals.valued_lost_deals, 0) as bigint) as valued_lost_deals,
    cast(segment_totals.won_cycle_days as bigint) as won_cycle_days,
    cast(segment_totals.lost_cycle_days as bigint) as lost_cycle_days,
    cast(coalesce(segment_totals.timed_won_deals, 0) as bigint) as timed_won_deals,
    cast(coalesce(segment_totals.timed_lost_deals, 0) as bigint) as timed_lost_deals,
    cells.value_missing_reason
from cells
left join {{ ref('int_segment_totals') }} as segment_totals
    on cells.starts_on = segment_totals.starts_on
    and cells.dimension = segment_totals.dimension
    and cells.segment = segment_totals.segment
left join {{ ref('bands') }} as bands on cells.segment = bands.band and cells.dimension = {{ band_dimension('bands.measure') }}
