-- One row per period x competitor x loss reason: lost deals against it that state the reason, against the lost deals that name someone else. A deal
-- with two competitors stands under both, so competitors may not be added; reasons of one competitor may.

with lost as (

    select
        periods.period,
        deals.deal_key,
        deals.loss_reason_category as category,
        competitors.competitor
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on deals.closed_on is not distinct from periods.closed_on
    where deals.outcome = 'lost'

),

named as (

    select
        period,
        count(distinct deal_key) as lost_deals
    from lost
    group by period

),

reasons as (

    select
        period,
        category,
        count(distinct deal_key) as lost_deals
    from lost
    group by period, category

),

counted as (

    select
        period,
        competitor,
        category,
        count(*) as lost_deals,
        cast(sum(count(*)) over (partition by period, competitor) as bigint) as competitor_lost_deals
    from lost
    group by period, competitor, category

),

compared as (

    select
        counted.*,
        named.lost_deals - counted.competitor_lost_deals as other_lost_deals,
        reasons.lost_deals - counted.lost_deals as other_reason_deals
    from counted
    inner join named on counted.period = named.period
    inner join reasons on counted.period = reasons.period and counted.category = reasons.category

),

shares as (

    select
        *,
        {{ rate('lost_deals', 'competitor_lost_deals') }} as share,
        {{ wilson_low('lost_deals', 'competitor_lost_deals') }} as share_low,
        {{ wilson_high('lost_deals', 'competitor_lost_deals') }} as share_high,
        {{ rate('other_reason_deals', 'other_lost_deals') }} as other_share,
        {{ wilson_low('other_reason_deals', 'other_lost_deals') }} as other_low,
        {{ wilson_high('other_reason_deals', 'other_lost_deals') }} as other_high
    from compared

)

select
    shares.period,
    shares.competitor,
    shares.category,
    periods.population,
    shares.lost_deals,
    shares.competitor_lost_deals,
    shares.share,
    shares.share_low,
    shares.share_high,
    shares.other_lost_deals,
    shares.other_share,
    shares.share - shares.other_share as difference,
    {{ newcombe_low('shares.share', 'shares.share_low', 'shares.other_share', 'shares.other_high') }} as difference_low,
    {{ newcombe_high('shares.share', 'shares.share_high', 'shares.other_share', 'shares.other_low') }} as difference_high,
    case when shares.other_lost_deals = 0 then 'no lost deal names another competitor' end as missing_reason
from shares
inner join {{ ref('dim_periods') }} as periods on shares.period = periods.period
