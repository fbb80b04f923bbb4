{{ config(materialized='ephemeral') }}
-- One row per deal and outcome whose stage history tells when it closed, where the CRM's close date is a plan a person typed.

with deals as (

    select
        outcomes.deal_id,
        outcomes.known_outcome as outcome
    from {{ ref('base_deal_outcomes') }} as outcomes
    inner join {{ ref('crm_rules') }} as rules on outcomes.crm = rules.crm and rules.history_tells_close
    where outcomes.known_outcome in ('won', 'lost', 'disqualified')
    group by outcomes.deal_id, outcomes.known_outcome

),

history as (

    select * from {{ ref('base_outcomes_in_history') }}

),

-- when a deal was last in another state: a reopened deal closes after that, and a deal that never was had been imported closed
last_otherwise as (

    select
        deals.deal_id,
        deals.outcome,
        max(history.entered_at) as entered_at
    from deals
    inner join history on deals.deal_id = history.deal_id and deals.outcome != history.outcome
    group by deals.deal_id, deals.outcome

)

-- the first close since: later rows only edit a closed deal
select
    last_otherwise.deal_id,
    last_otherwise.outcome,
    min(history.entered_at) as closed_at
from last_otherwise
inner join history
    on last_otherwise.deal_id = history.deal_id
    and last_otherwise.outcome = history.outcome
    and last_otherwise.entered_at <= history.entered_at
group by last_otherwise.deal_id, last_otherwise.outcome
