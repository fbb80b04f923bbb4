{{ config(enabled=true, materialized='ephemeral') }}
-- One row per period x outcome x loss reason category: closed deals, the lines of one decision counted once. Least counts of actions and
-- findings are held against them. Periods overlap and may not be added.

with decided as (

    select
        periods.period,
        deals.outcome,
        case when deals.outcome = 'lost' then deals.loss_reason_category end as category,
        count(*) as decisions
    from {{ ref('fct_closed_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on deals.closed_on is not distinct from periods.closed_on
    where deals.decision_line = 1
    group by periods.period, deals.outcome, case when deals.outcome = 'lost' then deals.loss_reason_category end

)

select
    *,
    sum(decisions) over (partition by period, outcome) as outcome_decisions
from decided
