-- One row per deal and outcome whose stage history tells when it closed, where the CRM's close date is a plan a person typed.

with deals as (

    select
        outcomes.deal_id,
        outcomes.known_outcome as outcome,
        {{ folded('outcomes.own_stage') }} as stage,
        outcomes.is_closed
    from {{ ref('base_deal_outcomes') }} as outcomes
    inner join {{ ref('crm_rules') }} as rules on outcomes.crm = rules.crm and rules.history_tells_close

),

-- stages of the company's own, closed in history too when every deal in them is closed
stages_seen as (

    select
        stage,
        min(outcome) as outcome
    from deals
    where is_closed is not null
    group by stage
    having min(outcome) = max(outcome)

),

stages as ({{ stage_outcomes() }}),

history as (

    select
        landed.deal_id,
        {{ local_moment('landed.entered_on') }} as entered_at,
        coalesce(stages_seen.outcome, stages.outcome, numbered.outcome, 'open') as outcome
    from {{ source('landing', 'stage_history') }} as landed
    inner join {{ ref('crm_rules') }} as rules on landed.crm = rules.crm and rules.history_tells_close
    left join stages_seen on {{ folded('landed.stage') }} = stages_seen.stage
    left join stages on landed.crm = stages.crm and {{ folded('landed.stage') }} = stages.stage
    left join stages as numbered on landed.crm = numbered.crm and {{ stage_word('landed.stage') }} = numbered.stage
    where lower(coalesce(landed.is_deleted, 'false')) not in ('true', '1', 'yes')

),

-- when a deal was last in another state: a reopened deal closes after that, and a deal that never was had been imported closed
last_otherwise as (

    select
        deals.deal_id,
        deals.outcome,
        max(history.entered_at) as entered_at
    from (select distinct
        deal_id,
        outcome
    from deals where outcome in ('won', 'lost', 'disqualified')) as deals
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
