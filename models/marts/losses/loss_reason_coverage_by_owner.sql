-- One row per period x owner of lost deals: how often the owner states a reason, and how often the same one. An owner is judged by decisions.
-- Private: an owner is a person.

with reasons as (

    select
        periods.period,
        deals.owner,
        deals.loss_reason_category as category,
        count(*) as lost_deals,
        sum({{ of_decision(line='deals.decision_line') }}) as lost_decisions
    from {{ ref('fct_closed_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where deals.outcome = 'lost'
    group by periods.period, deals.owner, deals.loss_reason_category

),

ranked as (

    select
        *,
        row_number() over (
            partition by period, owner
            order by case when category = 'unspecified' then 1 else 0 end, lost_deals desc, category
        ) as stated_first
    from reasons

)

select
    period,
    owner,
    cast(sum(lost_deals) as bigint) as lost_deals,
    cast(sum(case when category != 'unspecified' then lost_deals else 0 end) as bigint) as stated_lost_deals,
    sum(case when category != 'unspecified' then lost_deals else 0 end) / nullif(sum(lost_deals), 0) as stated_share,
    max(case when stated_first = 1 and category != 'unspecified' then category end) as top_category,
    max(case when stated_first = 1 and category != 'unspecified' then lost_deals end)
    / nullif(sum(case when category != 'unspecified' then lost_deals else 0 end), 0) as top_share,
    cast(sum(lost_decisions) as bigint) as lost_decisions,
    cast(sum(case when category != 'unspecified' then lost_decisions else 0 end) as bigint) as stated_lost_decisions,
    cast(max(case when category != 'unspecified' then lost_decisions end) as bigint) as top_lost_decisions
from ranked
group by period, owner
