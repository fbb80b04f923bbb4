-- One row per line of the deal files, with the outcome it states and what said so. The first that speaks decides: a status, the flags
-- and the stage, the days of winning and losing. What nothing maps stays the file's own word, for the line to be rejected under it.

with deals as (

    select
        *,
        -- some exports write the pipeline behind the stage: Closed Won (Sales Pipeline)
        case
            when right(lower(stage), length(pipeline) + 3) = ' (' || lower(pipeline) || ')' then left(stage, length(stage) - length(pipeline) - 3)
            else stage
        end as own_stage
    from {{ source('landing', 'deals') }}

),

stages as (

    select
        crm,
        {{ folded('stage') }} as stage,
        case
            when min(lower(trim(outcome))) = max(lower(trim(outcome))) then min(lower(trim(outcome)))
            else {{ fail("'seeds/stage_map.csv gives the stage \"' || min(stage) || '\" of ' || crm || ' two outcomes: keep one line.'") }}
        end as outcome
    from {{ ref('stage_map') }}
    group by crm, {{ folded('stage') }}

),

decided as (

    select
        deals.*,
        words.outcome as stated_outcome,
        case
            when words.outcome = 'deleted' then 'open'
            when deals.outcome is not null then deals.outcome
            when coalesce(deals.is_won, deals.is_lost, deals.is_closed) is null and deals.won_on is not null and deals.lost_on is null then 'won'
            when coalesce(deals.is_won, deals.is_lost, deals.is_closed) is null and deals.lost_on is not null and deals.won_on is null then 'lost'
            when rules.stage_tells_outcome
                then {{ outcome_of('deals.is_won', 'deals.is_lost', 'deals.is_closed', 'stages.outcome', 'deals.own_stage') }}
        end as outcome_said,
        case when deals.outcome is null and rules.stage_tells_outcome then 'seeds/stage_map.csv' else rules.outcome_list end as outcome_list
    from deals
    left join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm
    left join {{ ref('outcome_words') }} as words on lower(deals.outcome) = words.word
    left join stages on deals.crm = stages.crm and {{ folded('deals.own_stage') }} = stages.stage

)

select
    decided.*,
    words.outcome as known_outcome
from decided
left join {{ ref('outcome_words') }} as words on lower(decided.outcome_said) = words.word
