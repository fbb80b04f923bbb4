-- One row per line of the deal files, with the outcome it states and what said so. The first that speaks decides: a status, the flags
-- and the stage, the days of winning and losing. What nothing maps stays the file's own word, for the line to be rejected under it.

with stages as ({{ stage_outcomes() }}),

words as (

    select
        {{ folded('word') }} as word,
        min(outcome) as outcome
    from {{ ref('outcome_words') }}
    group by all

),

decided as (

    select
        {{ all_but('deals', ['folded_stage', 'stage_words']) }},
        words.outcome as stated_outcome,
        case
            when words.outcome = 'deleted' then 'open'
            when deals.outcome is not null then deals.outcome
            when coalesce(deals.is_won, deals.is_lost, deals.is_closed) is null and deals.won_on is not null and deals.lost_on is null then 'won'
            when coalesce(deals.is_won, deals.is_lost, deals.is_closed) is null and deals.lost_on is not null and deals.won_on is null then 'lost'
            when rules.stage_tells_outcome
                then {{ outcome_of('deals.is_won', 'deals.is_lost', 'deals.is_closed', 'coalesce(stages.outcome, numbered.outcome)', 'deals.own_stage') }}
        end as outcome_said,
        case when deals.outcome is null and rules.stage_tells_outcome then 'seeds/stage_map.csv' else rules.outcome_list end as outcome_list
    from {{ ref('base_staged_deals') }} as deals
    left join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm
    left join words on {{ folded('deals.outcome') }} = words.word
    left join stages on deals.crm = stages.crm and deals.folded_stage = stages.stage
    left join stages as numbered on deals.crm = numbered.crm and deals.stage_words = numbered.stage

)

select
    decided.*,
    words.outcome as known_outcome
from decided
left join words on {{ folded('decided.outcome_said') }} = words.word
