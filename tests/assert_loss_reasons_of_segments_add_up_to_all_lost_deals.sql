-- Detects lost deals missing from the reasons of a dimension's segments, or counted there twice.
-- Competitors add up to more, since a deal may name several; never to less.
-- A reason's share in a segment is compared with its share in the rest of the same dimension.
-- A returned row is a period and dimension that does not add up.

with expected as (

    select
        baseline.period,
        baseline.lost_deals,
        dimensions.dimension
    from {{ ref('win_rate_baseline') }} as baseline
    cross join (select distinct dimension from {{ ref('fct_deal_segments') }}) as dimensions

),

added as (

    select
        period,
        dimension,
        sum(lost_deals) as lost_deals
    from {{ ref('loss_reasons_by_dimension') }}
    group by period, dimension

)

select
    expected.period,
    expected.dimension,
    expected.lost_deals,
    added.lost_deals as lost_deals_of_segments
from expected
left join added on expected.period = added.period and expected.dimension = added.dimension
where
    expected.lost_deals > coalesce(added.lost_deals, 0)
    or (expected.dimension != 'competitor' and expected.lost_deals < added.lost_deals)
