{{ config(materialized='table', enabled=true) }}
-- One row per period x competitor named on lost deals x loss reason of any such deal: how many of its lost deals state the reason, and how many of
-- those that name another vendor. A deal with two competitors stands under both, so competitors may not be added; reasons of one may.

with stated as (

    select
        periods.period,
        cells.loss_reason_category as category,
        cells.competitor,
        cells.kind,
        cast(sum(cells.closed_deals) as bigint) as lost_deals,
        sum(cells.vendor_deals) as vendor_deals,
        cast(sum(cells.decisions) as bigint) as lost_decisions,
        sum(cells.vendor_decisions) as vendor_decisions
    from {{ ref('int_competitor_cells') }} as cells
    inner join {{ ref('dim_periods') }} as periods on {{ in_period('cells.closed_quarter_starts_on') }}
    where cells.is_won = 0
    group by periods.period, cells.loss_reason_category, cells.competitor, cells.kind

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
    coalesce(stated.lost_decisions, 0) as lost_decisions,
    -- the buyer who stays as it is, or builds it, is no vendor to be compared with
    cast(case when competitors.kind = 'vendor' then reasons.vendor_lost_deals - competitors.competitor_lost_deals end as bigint) as other_lost_deals,
    cast(case when competitors.kind = 'vendor' then reasons.vendor_reason_deals - coalesce(stated.lost_deals, 0) end as bigint) as other_reason_deals,
    cast(case when competitors.kind = 'vendor' then reasons.vendor_lost_decisions - competitors.competitor_lost_decisions end as bigint)
        as other_lost_decisions,
    cast(case when competitors.kind = 'vendor' then reasons.vendor_reason_decisions - coalesce(stated.lost_decisions, 0) end as bigint)
        as other_reason_decisions
from competitors
inner join reasons on competitors.period = reasons.period
left join stated
    on competitors.period = stated.period and competitors.competitor = stated.competitor
    and competitors.kind = stated.kind and reasons.category = stated.category
