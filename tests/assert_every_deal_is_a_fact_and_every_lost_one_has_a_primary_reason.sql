-- Detects accepted deals that a join of `fct_deals` dropped, facts that no accepted deal stands behind, and lost deals without a row in
-- `bridge_deal_loss_reasons`, or with none or several of their rows primary.
-- Every count of deals is taken from `fct_deals`; `loss_reasons` counts primary rows and takes them for deals.
-- A returned row is such a deal.

with primary_reasons as (

    select
        deal_key,
        count(*) as reasons
    from {{ ref('bridge_deal_loss_reasons') }}
    where is_primary
    group by deal_key

)

select
    coalesce(deals.deal_key, facts.deal_key) as deal_key,
    'accepted deals and facts differ' as problem
from {{ ref('stg_deals') }} as deals
full outer join {{ ref('fct_deals') }} as facts on deals.deal_key = facts.deal_key
where deals.deal_key is null or facts.deal_key is null
union all
select
    deals.deal_key,
    'not one primary loss reason' as problem
from {{ ref('fct_closed_deals') }} as deals
left join primary_reasons on deals.deal_key = primary_reasons.deal_key
where deals.outcome = 'lost' and primary_reasons.reasons is distinct from 1
