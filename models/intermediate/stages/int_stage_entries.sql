-- One row per time a deal was seen in an open stage: since when, where that is known. Stages in which deals close are none. The stage that
-- a deal's first move came from, and the stage of an open deal that never moved, count since its creation; the last stage of any other
-- deal counts without a moment, unless the history names it.

with moves as (

    select
        *,
        row_number() over (partition by deal_key order by entered_at nulls last, stage) as move
    from {{ ref('stg_stage_history') }}

),

entries as (

    select
        deal_key,
        stage as stated_stage,
        entered_at,
        left_at,
        false as is_since_creation
    from moves
    union all
    select
        deal_key,
        from_stage as stated_stage,
        cast(null as timestamp) as entered_at,
        entered_at as left_at,
        true as is_since_creation
    from moves
    where move = 1
    union all
    select
        deals.deal_key,
        deals.stage as stated_stage,
        cast(null as timestamp) as entered_at,
        cast(null as timestamp) as left_at,
        -- an export without a history does not say that a deal never moved
        deals.outcome = 'open' and moves.deal_key is null and (select count(*) from {{ ref('stg_stage_history') }}) > 0 as is_since_creation
    from {{ ref('stg_deals') }} as deals
    left join moves on deals.deal_key = moves.deal_key and moves.move = 1

)

select
    entries.deal_key,
    stages.stage,
    case when entries.is_since_creation then cast(deals.created_on as timestamp) else entries.entered_at end as entered_at,
    entries.left_at
from entries
inner join {{ ref('int_stages') }} as stages on entries.stated_stage = stages.stated_stage and stages.outcome = 'open'
inner join {{ ref('stg_deals') }} as deals on entries.deal_key = deals.deal_key
