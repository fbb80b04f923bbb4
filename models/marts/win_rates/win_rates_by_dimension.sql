-- One row per period x dimension x segment, for every segment seen in any period. Segments of one dimension add up
-- to all closed deals of the period, competitors to more, since a deal may name several; periods and dimensions overlap and may not
-- be added.

-- a segment seen once has a row in every period, also where it closed nothing
with listed as (

    select
        periods.period,
        periods.population,
        periods.missing_reason,
        seen.*
    from {{ ref('dim_periods') }} as periods
    cross join (
        select distinct
            dimension,
            segment,
            is_recommendable
        from {{ ref('int_compared_segments') }}
    ) as seen

)

select
    listed.period,
    listed.dimension,
    listed.segment,
    bands.band_order as segment_order,
    listed.is_recommendable,
    listed.population,
    coalesce(rated.closed_deals, 0) as closed_deals,
    coalesce(rated.won_deals, 0) as won_deals,
    coalesce(rated.lost_deals, 0) as lost_deals,
    coalesce(rated.disqualified_deals, 0) as disqualified_deals,
    rated.win_rate,
    rated.win_rate_low,
    rated.win_rate_high,
    coalesce(rated.decisions, 0) < {{ setting('minimum_deals') | int }} as has_few_deals,
    case when coalesce(rated.closed_deals, 0) = 0 then coalesce(listed.missing_reason, 'no closed deals of this segment in this period') end as missing_reason,
    rated.other_closed_deals,
    rated.other_won_deals,
    rated.other_win_rate,
    {{ difference_columns('rated.win_rate', 'rated.other_win_rate', 'difference') }},
    {{ shrunken('rated.won_deals', 'rated.closed_deals', 'baseline.win_rate') }} as shrunken_win_rate,
    {{ value_columns('rated') }},
    baseline.value_missing_reason
from listed
inner join {{ ref('win_rate_baseline') }} as baseline on listed.period = baseline.period
left join {{ ref('int_compared_segments') }} as rated
    on listed.period = rated.period
    and listed.dimension = rated.dimension
    and listed.segment = rated.segment
left join {{ ref('bands') }} as bands on listed.segment = bands.band and listed.dimension = {{ band_dimension('bands.measure') }}
