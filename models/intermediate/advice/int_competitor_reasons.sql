{{ config(materialized='table', enabled=true) }}
-- One row per period x competitor named on lost deals x loss reason of any such deal: how many of its lost deals state the reason, and how many of
-- those that name another vendor. A deal with two competitors stands under both, so competitors may not be added; reasons of one may.

with named as (

    select
        deals.closed_on,
        deals.loss_reason_category as category,
        competitors.competitor,
        competitors.kind,
        case when deals.decision_line > 1 then 0 else 1 end as decisions,
        -- once for each deal that names a vendor
        {{ is_first_vendor() }} as is_first_vendor
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key
    where deals.outcome = 'lost'

),

-- alike deals of a day count once, for periods overlap
by_day as (

    select
        closed_on,
        category,
        competitor,
        kind,
        count(*) as lost_deals,
        sum(case when is_first_vendor then 1 else 0 end) as vendor_deals,
        sum(decisions) as lost_decisions,
        sum(case when is_first_vendor then decisions else 0 end) as vendor_decisions
    from named
    group by closed_on, category, competitor, kind

),

stated as (

    select
        periods.period,
        by_day.category,
        by_day.competitor,
        by_day.kind,
        cast(sum(by_day.lost_deals) as bigint) as lost_deals,
        sum(by_day.vendor_deals) as vendor_deals,
        cast(sum(by_day.lost_decisions) as bigint) as lost_decisions,
        sum(by_day.vendor_decisions) as vendor_decisions
    from by_day
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on by_day.closed_on is not distinct from periods.closed_on
    group by periods.period, by_day.category, by_day.competitor, by_day.kind

),

reasons as (

    select
        period,
        category,
        sum(vendor_deals) as vendor_reason_deals,
        sum(sum(vendor_deals)) over (partition by period) as vendor_lost_deals,
        sum(vendor_decisions) as vendor_reason_decisions,
        sum(sum(vendor_decisions)) over (partition by period) as vendor_lost_decisions
    from stated
    group by period, category

),

competitors as (

    select
        period,
        competitor,
        kind,
        cast(sum(lost_deals) as bigint) as competitor_lost_deals,
        cast(sum(lost_decisions) as bigint) as competitor_lost_decisions
    from stated
    group by period, competitor, kind

)

select
    competitors.period,
    competitors.competitor,
    competitors.kind,
    reasons.category,
    competitors.competitor_lost_deals,
    coalesce(stated.lost_deals, 0) as lost_deals,
    competitors.competitor_lost_decisions,
    coalesce(stated.lost_decisions, 0) as lost_decisions
    {%- for counted in ['deals', 'decisions'] %},
    -- the buyer who stays as it is, or builds it, is no vendor to be compared with
    cast(case when competitors.kind = 'vendor' then reasons.vendor_lost_{{ counted }} - competitors.competitor_lost_{{ counted }} end as bigint)
        as other_lost_{{ counted }},
    cast(case when competitors.kind = 'vendor' then reasons.vendor_reason_{{ counted }} - coalesce(stated.lost_{{ counted }}, 0) end as bigint)
        as other_reason_{{ counted }}
    {%- endfor %}
from competitors
inner join reasons on competitors.period = reasons.period
left join stated
    on competitors.period = stated.period and competitors.competitor = stated.competitor
    and competitors.kind = stated.kind and reasons.category = stated.category
