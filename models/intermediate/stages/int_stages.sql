{{ config(materialized='table') }}
-- One row per stage as deals or their history state it: the stage it is, in its commonest spelling, and what a deal in it is. Deals close
-- in the stages that are not open.

with stated as (

    select stage as stated_stage, outcome from {{ ref('stg_deals') }}
    union all
    select stage as stated_stage, cast(null as string) as outcome from {{ ref('stg_stage_history') }}
    union all
    select from_stage as stated_stage, cast(null as string) as outcome from {{ ref('stg_stage_history') }}

),

spelt as (

    select
        stated_stage,
        {{ folded('stated_stage') }} as folded_stage,
        {{ stage_word('stated_stage') }} as unnumbered_stage,
        count(*) as uses,
        count(*) filter (where outcome = 'open') as open_deals,
        count(*) filter (where outcome != 'open') as closed_deals,
        count(*) filter (where outcome = 'won') as won_deals
    from stated
    where stated_stage is not null
    group by stated_stage

),

mapped as ({{ stage_outcomes() }}),

words as ({{ outcome_words() }})

select
    spelt.stated_stage,
    first_value(spelt.stated_stage) over (
        partition by spelt.folded_stage order by spelt.uses desc, spelt.stated_stage rows between unbounded preceding and unbounded following
    ) as stage,
    coalesce(
        min(coalesce(mapped.outcome, numbered.outcome, words.outcome)) over spellings,
        -- where the stage tells how a deal ended, one of closed deals alone is one in which they close; where a status tells, one of won deals alone is
        case
            when sum(spelt.closed_deals) over spellings = 0 or sum(spelt.open_deals) over spellings > 0 then 'open'
            when rules.stage_tells_outcome or sum(spelt.won_deals) over spellings = sum(spelt.closed_deals) over spellings then 'closed'
        end,
        'open'
    ) as outcome
from spelt
cross join {{ source('landing', 'loads') }} as loads
left join {{ ref('crm_rules') }} as rules on loads.crm = rules.crm
left join mapped on loads.crm = mapped.crm and spelt.folded_stage = mapped.stage
left join mapped as numbered on loads.crm = numbered.crm and spelt.unnumbered_stage = numbered.stage
left join words on spelt.folded_stage = words.word
window spellings as (partition by spelt.folded_stage)
