{{ config(materialized='ephemeral') }}
-- One row per row of the stage history that tells when deals closed, with the outcome its stage stands for.

with deals as (

    select
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

stages as ({{ stage_outcomes() }})

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
