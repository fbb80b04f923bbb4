{{ config(materialized='table', enabled=true) }}
-- One row per period x competitor named on lost deals x loss reason of any such deal: how many of its lost deals state the reason, and how many of
-- those that name another vendor. A deal with two competitors stands under both, so competitors may not be added; reasons of one may.

with stated as (

    select
        periods.period,
        cells.competitor,
        cells.kind,
        cells.loss_reason_category as category,
        sum(cells.closed_deals) as lost_deals,
        sum(cells.vendor_deals) as vendor_deals,
        sum(cells.decisions) as lost_decisions,
        sum(cells.vendor_decisions) as vendor_decisions
    from {{ ref('int_competitor_cells') }} as cells
    inner join {{ ref('dim_periods') }} as periods on {{ in_period('cells.closed_quarter_starts_on') }}
    where cells.is_won = 0
    group by periods.period, cells.competitor, cells.kind, cells.loss_reason_category

),

-- every competitor of a period with every reason of the period, stated of it or not
reasons as (

    select
        competitors.period,
        competitors.competitor,
        competitors.kind,
        categories.category,
        coalesce(stated.lost_deals, 0) as lost_deals,
        coalesce(stated.vendor_deals, 0) as vendor_deals,
        coalesce(stated.lost_decisions, 0) as lost_decisions,
        coalesce(stated.vendor_decisions, 0) as vendor_decisions
    from (select distinct period, competitor, kind from stated as named) as competitors  -- noqa: LT09
    inner join (select distinct period, category from stated as given) as categories on competitors.period = categories.period  -- noqa: LT09
    left join stated
        on competitors.period = stated.period and competitors.competitor = stated.competitor
        and competitors.kind = stated.kind and categories.category = stated.category

)

-- the buyer who stays as it is, or builds it, is no vendor to be compared with
select
    period,
    competitor,
    kind,
    category,
    cast(sum(lost_deals) over own as bigint) as competitor_lost_deals,
    cast(lost_deals as bigint) as lost_deals,
    cast(sum(lost_decisions) over own as bigint) as competitor_lost_decisions,
    cast(lost_decisions as bigint) as lost_decisions,
    cast(case when kind = 'vendor' then (sum(vendor_deals) over everyone) - sum(lost_deals) over own end as bigint) as other_lost_deals,
    cast(case when kind = 'vendor' then (sum(vendor_deals) over alike) - lost_deals end as bigint) as other_reason_deals,
    cast(case when kind = 'vendor' then (sum(vendor_decisions) over everyone) - sum(lost_decisions) over own end as bigint) as other_lost_decisions,
    cast(case when kind = 'vendor' then (sum(vendor_decisions) over alike) - lost_decisions end as bigint) as other_reason_decisions
from reasons
window own as (partition by period, competitor, kind), alike as (partition by period, category), everyone as (partition by period)
