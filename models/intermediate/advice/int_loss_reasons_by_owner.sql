{{ config(enabled=true) }}
-- One row per primary loss reason category x owner with lost deals in the quarter under review or the one before it. Private: an owner is a
-- person, and what is told of changed reasons are sums over owners.

select
    loss_reasons.category,
    deals.owner,
    count(*) filter (where periods.period = 'quarter') as lost_deals,
    count(*) filter (where periods.period = 'previous_quarter') as previous_lost_deals,
    cast(sum({{ of_decision("case when periods.period = 'quarter' then 1 else 0 end", 'deals.decision_line') }}) as bigint) as lost_decisions,
    cast(sum({{ of_decision("case when periods.period = 'previous_quarter' then 1 else 0 end", 'deals.decision_line') }}) as bigint) as previous_lost_decisions
from {{ ref('bridge_deal_loss_reasons') }} as loss_reasons
inner join {{ ref('fct_closed_deals') }} as deals on loss_reasons.deal_key = deals.deal_key
inner join {{ ref('dim_periods') }} as periods
    on periods.period in ('quarter', 'previous_quarter')
    and loss_reasons.closed_on >= periods.starts_on
    and loss_reasons.closed_on < periods.ends_before_on
where loss_reasons.is_primary
group by loss_reasons.category, deals.owner
