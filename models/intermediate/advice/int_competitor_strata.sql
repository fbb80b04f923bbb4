{{ config(materialized='table', enabled=true) }}
-- One row per period x quarter x competitor: the deals that name it, and all deals of that quarter that name a vendor. A deal with two
-- competitors stands in both rows, so competitors may not be added; quarters may. Claims rest on decisions, deals told apart by something.

with named as (

    select
        deals.closed_on,
        deals.closed_quarter,
        deals.is_won,
        competitors.competitor,
        competitors.kind,
        case when deals.decision_line > 1 then 0 else 1 end as decisions,
        competitors.competitors_on_deal = 1 as is_sole,
        -- once for each deal that names a vendor
        {{ is_first_vendor() }} as is_first_vendor
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key

),

-- alike deals of a day count once, for periods overlap
by_day as (

    select
        closed_on,
        closed_quarter,
        competitor,
        kind,
        count(*) as closed_deals,
        sum(is_won) as won_deals,
        sum(case when is_sole then 1 else 0 end) as sole_closed_deals,
        sum(case when is_sole then is_won else 0 end) as sole_won_deals,
        sum(case when is_first_vendor then 1 else 0 end) as vendor_deals,
        sum(case when is_first_vendor then is_won else 0 end) as vendor_won_deals,
        sum(decisions) as decisions,
        sum(decisions * is_won) as won_decisions,
        sum(case when is_first_vendor then decisions else 0 end) as vendor_decisions,
        sum(case when is_first_vendor then decisions * is_won else 0 end) as vendor_won_decisions
    from named
    group by closed_on, closed_quarter, competitor, kind

),

counted as (

    select
        periods.period,
        by_day.closed_quarter,
        by_day.competitor,
        by_day.kind,
        sum(by_day.closed_deals) as closed_deals,
        sum(by_day.won_deals) as won_deals,
        sum(by_day.sole_closed_deals) as sole_closed_deals,
        sum(by_day.sole_won_deals) as sole_won_deals,
        sum(by_day.vendor_deals) as vendor_deals,
        sum(by_day.vendor_won_deals) as vendor_won_deals,
        sum(by_day.decisions) as decisions,
        sum(by_day.won_decisions) as won_decisions,
        sum(by_day.vendor_decisions) as vendor_decisions,
        sum(by_day.vendor_won_decisions) as vendor_won_decisions
    from by_day
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on by_day.closed_on is not distinct from periods.closed_on
    group by periods.period, by_day.closed_quarter, by_day.competitor, by_day.kind

)

select
    period,
    closed_quarter,
    competitor,
    kind,
    cast(closed_deals as bigint) as closed_deals,
    cast(won_deals as bigint) as won_deals,
    cast(sole_closed_deals as bigint) as sole_closed_deals,
    cast(sole_won_deals as bigint) as sole_won_deals,
    cast(sum(vendor_deals) over (partition by period, closed_quarter) as bigint) as vendor_deals,
    cast(sum(vendor_won_deals) over (partition by period, closed_quarter) as bigint) as vendor_won_deals,
    cast(decisions as bigint) as decisions,
    cast(won_decisions as bigint) as won_decisions,
    cast(sum(vendor_decisions) over (partition by period, closed_quarter) as bigint) as vendor_decisions,
    cast(sum(vendor_won_decisions) over (partition by period, closed_quarter) as bigint) as vendor_won_decisions
from counted
