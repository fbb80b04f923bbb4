-- Detects lost deals without a row in `bridge_deal_loss_reasons`, or with none or several of their rows primary.
-- `loss_reasons` counts primary rows and takes them for deals.
-- A returned row is such a deal with its number of primary reasons.

with primary_reasons as (

    select
        deal_key,
        count(*) as reasons
    from {{ ref('bridge_deal_loss_reasons') }}
    where is_primary
    group by deal_key

)

select
    deals.deal_key,
    coalesce(primary_reasons.reasons, 0) as primary_reasons
from {{ ref('fct_closed_deals') }} as deals
left join primary_reasons on deals.deal_key = primary_reasons.deal_key
where deals.outcome = 'lost' and primary_reasons.reasons is distinct from 1
