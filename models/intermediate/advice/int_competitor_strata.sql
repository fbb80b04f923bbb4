{{ config(materialized='table', enabled=true) }}
-- One row per period x quarter x competitor: the deals that name it, and all deals of that quarter that name a vendor. A deal with two
-- competitors stands in both rows, so competitors may not be added; quarters may. Claims rest on decisions, deals told apart by something.

with counted as (

    select
        periods.period,
        cells.closed_quarter,
        cells.competitor,
        cells.kind,
        sum(cells.closed_deals) as closed_deals,
        sum(cells.closed_deals * cells.is_won) as won_deals,
        sum(case when cells.is_sole then cells.closed_deals else 0 end) as sole_closed_deals,
        sum(case when cells.is_sole then cells.closed_deals * cells.is_won else 0 end) as sole_won_deals,
        sum(cells.vendor_deals) as vendor_deals,
        sum(cells.vendor_deals * cells.is_won) as vendor_won_deals,
        sum(cells.decisions) as decisions,
        sum(cells.decisions * cells.is_won) as won_decisions,
        sum(cells.vendor_decisions) as vendor_decisions,
        sum(cells.vendor_decisions * cells.is_won) as vendor_won_decisions
    from {{ ref('int_competitor_cells') }} as cells
    inner join {{ ref('dim_periods') }} as periods on {{ in_period('cells.closed_quarter_starts_on') }}
    group by periods.period, cells.closed_quarter, cells.competitor, cells.kind

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
