-- Detects deals that are in no segment of a dimension, or in two: a segment that is null, a band that overlaps another; and closed deals
-- with a date that fall into no quarter, or quarters that share deals.
-- The rest a segment is compared with, and the statement that segments add up, rest on this. Competitors add up to more, since a
-- deal may name several; never to less.
-- The p-chart's center line is the rate of all quarters together.
-- A returned row is a period, or quarter, and dimension whose segments do not add up to all its deals, or the dated deals of all quarters.

with expected as (

    select
        baseline.*,
        dimensions.dimension
    from {{ ref('win_rate_baseline') }} as baseline
    cross join (select distinct dimension from {{ ref('fct_deal_segments') }}) as dimensions

),

quarters as (

    select
        (select count(*) from {{ ref('fct_closed_deals') }} where closed_on is not null) as closed_deals,
        coalesce(sum(closed_deals), 0) as closed_deals_of_quarters
    from {{ ref('win_rates_by_quarter') }}

),

added as (

    select
        period,
        dimension,
        sum(closed_deals) as closed_deals,
        sum(won_deals) as won_deals,
        sum(disqualified_deals) as disqualified_deals
    from {{ ref('win_rates_by_dimension') }}
    group by period, dimension

),

added_of_quarters as (

    select
        quarters.quarter,
        dimensions.dimension,
        max(quarters.closed_deals) as closed_deals,
        coalesce(sum(segments.closed_deals), 0) as closed_deals_of_segments,
        sum(segments.won_deals) as won_deals_of_segments,
        sum(segments.disqualified_deals) as disqualified_deals_of_segments
    from {{ ref('win_rates_by_quarter') }} as quarters
    cross join (select distinct dimension from {{ ref('fct_deal_segments') }}) as dimensions
    left join {{ ref('segment_quarters') }} as segments
        on quarters.quarter = segments.quarter and dimensions.dimension = segments.dimension
    group by quarters.quarter, dimensions.dimension

)

select
    expected.period,
    expected.dimension,
    expected.closed_deals,
    added.closed_deals as closed_deals_of_segments,
    added.won_deals as won_deals_of_segments,
    added.disqualified_deals as disqualified_deals_of_segments
from expected
left join added on expected.period = added.period and expected.dimension = added.dimension
where
    added.dimension is null
    or expected.closed_deals > added.closed_deals
    or expected.won_deals > added.won_deals
    or expected.disqualified_deals > added.disqualified_deals
    or (
        expected.dimension != 'competitor'
        and (
            expected.closed_deals < added.closed_deals
            or expected.won_deals < added.won_deals
            or expected.disqualified_deals < added.disqualified_deals
        )
    )
union all
select
    'all' as period,
    'quarter' as dimension,
    closed_deals,
    closed_deals_of_quarters as closed_deals_of_segments,
    null as won_deals_of_segments,
    null as disqualified_deals_of_segments
from quarters
where closed_deals is distinct from closed_deals_of_quarters
union all
select
    quarter as period,
    dimension,
    closed_deals,
    closed_deals_of_segments,
    won_deals_of_segments,
    disqualified_deals_of_segments
from added_of_quarters
where
    closed_deals > closed_deals_of_segments
    or (dimension != 'competitor' and closed_deals < closed_deals_of_segments)
