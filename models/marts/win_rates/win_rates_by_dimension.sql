-- One row per period x dimension x segment, for every segment seen in any period. Segments of one dimension add up
-- to all closed deals of the period, competitors to more, since a deal may name several; periods and dimensions overlap and may not
-- be added.

with outcomes as (

    select
        periods.period,
        segments.dimension,
        segments.segment,
        segments.is_recommendable,
        segments.outcome,
        count(*) filter (where segments.is_first) as first_deals,
        {{ outcome_measures() }}
    from {{ ref('fct_deal_segments') }} as segments
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on segments.closed_on is not distinct from periods.closed_on
    group by periods.period, segments.dimension, segments.segment, segments.is_recommendable, segments.outcome

),

cells as (

    select
        period,
        dimension,
        segment,
        segment != 'unknown' as is_known,
        is_recommendable,
        coalesce(sum(first_deals) filter (where outcome in ('won', 'lost')), 0) as first_closed,
        coalesce(sum(first_deals) filter (where outcome = 'won'), 0) as first_won,
        {{ deal_measures() }}
    from outcomes
    group by period, dimension, segment, is_recommendable

),

-- deals whose segment is unknown are not compared with; a deal with two competitors is one deal
compared as (

    select
        *,
        cast((sum(case when is_known then first_closed end) over others) - case when is_known then closed_deals else 0 end as bigint) as other_closed_deals,
        cast((sum(case when is_known then first_won end) over others) - case when is_known then won_deals else 0 end as bigint) as other_won_deals
    from cells
    window others as (partition by period, dimension)

),

rated as (

    select
        *,
        {{ rate_columns('won_deals', 'closed_deals', 'win_rate') }},
        {{ rate_columns('other_won_deals', 'other_closed_deals', 'other_win_rate') }}
    from compared

),

-- a segment seen once has a row in every period, also where it closed nothing
listed as (

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
        from cells
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
    coalesce(rated.closed_deals, 0) < {{ setting('minimum_deals') | int }} as has_few_deals,
    case when coalesce(rated.closed_deals, 0) = 0 then coalesce(listed.missing_reason, 'no closed deals of this segment in this period') end as missing_reason,
    rated.other_closed_deals,
    rated.other_won_deals,
    rated.other_win_rate,
    {{ difference_columns('rated.win_rate', 'rated.other_win_rate', 'difference') }},
    (rated.won_deals + {{ setting('shrinkage_deals') | float }} * baseline.win_rate)
    / (rated.closed_deals + {{ setting('shrinkage_deals') | float }}) as shrunken_win_rate,
    {{ value_columns('rated') }},
    baseline.value_missing_reason
from listed
inner join {{ ref('win_rate_baseline') }} as baseline on listed.period = baseline.period
left join rated
    on listed.period = rated.period
    and listed.dimension = rated.dimension
    and listed.segment = rated.segment
left join {{ ref('bands') }} as bands on listed.segment = bands.band and listed.dimension = {{ band_dimension('bands.measure') }}
