-- One row per stated loss reason that no rule and no override knows, with the deals that state it: the user's list to map.
-- Stays in the private build file, because a reason is free text.

select
    reasons.loss_reason,
    count(*) as deal_count,
    count(*) filter (where deals.outcome = 'lost') as lost_deal_count
from {{ ref('int_loss_reasons') }} as reasons
inner join {{ ref('stg_deals') }} as deals on reasons.loss_reason = deals.loss_reason
where reasons.matched_by = 'none'
group by reasons.loss_reason
