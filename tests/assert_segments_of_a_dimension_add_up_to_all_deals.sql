-- Detects deals that are in no segment of a dimension, or in two: a segment that is null, a band that overlaps another.
-- The rest a segment is compared with, and the statement that segments add up, rest on this. Competitors add up to more, since a
-- deal may name several; never to less.
-- A returned row is a period and dimension whose segments do not add up to the baseline.

with expected as (

    select
        baseline.*,
        dimensions.dimension
    from {{ ref('win_rate_baseline') }} as baseline
    cross join (select distinct dimension from {{ ref('fct_deal_segments') }}) as dimensions

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
