-- One row per lost deal in the population x loss reason category its stated reason matches; one of them is primary.

with lost_deals as (

    select
        deal_key,
        closed_on,
        amount
    from {{ ref('fct_closed_deals') }}
    where outcome = 'lost'

)

select
    lost_deals.deal_key,
    coalesce(loss_reasons.category, 'unspecified') as category,
    coalesce(loss_reasons.is_primary, true) as is_primary,
    lost_deals.closed_on,
    lost_deals.amount
from lost_deals
inner join {{ ref('stg_deals') }} as deals on lost_deals.deal_key = deals.deal_key
left join {{ ref('int_loss_reasons') }} as loss_reasons on deals.loss_reason = loss_reasons.loss_reason
