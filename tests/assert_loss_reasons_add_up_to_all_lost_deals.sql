-- Detects lost deals that count under no loss reason, or under two; and those missing from the reasons of a dimension's segments, or counted
-- there twice. Competitors add up to more, since a deal may name several; never to less.
-- Shares of loss reasons are read as parts of a whole, and compared with the rest of the same dimension.
-- A returned row is a period or quarter and, but for the whole, a dimension that does not add up.

with expected as (

    select
        period,
        lost_deals,
        'all' as dimension
    from {{ ref('win_rate_baseline') }}
    union all
    select
        baseline.period,
        baseline.lost_deals,
        dimensions.dimension
    from {{ ref('win_rate_baseline') }} as baseline
    cross join (select distinct dimension from {{ ref('fct_deal_segments') }}) as dimensions
    union all
    select
        quarters.quarter as period,
        quarters.lost_deals,
        dimensions.dimension
    from {{ ref('win_rates_by_quarter') }} as quarters
    cross join (select distinct dimension from {{ ref('fct_deal_segments') }}) as dimensions

),

added as (

    select
        period,
        'all' as dimension,
        sum(lost_deals) as lost_deals
    from {{ ref('loss_reasons') }}
    group by period
    union all
    select
        period,
        dimension,
        sum(lost_deals) as lost_deals
    from {{ ref('loss_reasons_by_dimension') }}
    group by period, dimension
    union all
    select
        quarter as period,
        dimension,
        sum(lost_deals) as lost_deals
    from {{ ref('loss_reason_quarters') }}
    group by quarter, dimension

)

select
    expected.period,
    expected.dimension,
    expected.lost_deals,
    added.lost_deals as lost_deals_of_reasons
from expected
left join added on expected.period = added.period and expected.dimension = added.dimension
where
    expected.lost_deals > coalesce(added.lost_deals, 0)
    or (expected.dimension != 'competitor' and expected.lost_deals < added.lost_deals)
