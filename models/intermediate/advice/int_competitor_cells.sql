{{ config(materialized='table', enabled=true) }}
-- One row per quarter of the close x outcome x loss reason x competitor named, alone or beside others: closed deals that name it. A deal with two
-- competitors stands under both, so only the deals of first vendors may be added over competitors. Folded once for all that asks about competitors.

select
    deals.closed_quarter_starts_on,
    deals.closed_quarter,
    deals.is_won,
    deals.loss_reason_category,
    competitors.competitor,
    competitors.kind,
    competitors.competitors_on_deal = 1 as is_sole,
    count(*) as closed_deals,
    -- each deal that names a vendor, once
    count(case when competitors.is_first_vendor then 1 end) as vendor_deals,
    count(case when deals.decision_line = 1 then 1 end) as decisions,
    count(case when competitors.is_first_vendor and deals.decision_line = 1 then 1 end) as vendor_decisions
from {{ ref('fct_closed_deals') }} as deals
inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key
group by all
