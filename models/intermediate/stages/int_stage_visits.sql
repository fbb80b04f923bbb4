{{ config(materialized='table') }}
-- One row per deal of the population x open stage it stood in: when it first and last entered it, null where that is not known. What is
-- entered after a deal closed is left out. No row where a close overwrites the stage and no history keeps it: there only open deals have
-- a stage, and their funnel would hold no loss.

with visits as (

    select
        deals.deal_key,
        deals.pipeline,
        deals.outcome,
        deals.created_on,
        entries.stage,
        min(entries.entered_at) as first_entered_at,
        max(entries.entered_at) as last_entered_at,
        max(entries.left_at) as left_at
    from {{ ref('int_stage_entries') }} as entries
    inner join {{ ref('fct_deals') }} as deals on entries.deal_key = deals.deal_key
    where
        deals.is_in_population
        and coalesce(cast(entries.entered_at as date) <= deals.closed_on, true)
    group by deals.deal_key, deals.pipeline, deals.outcome, deals.created_on, entries.stage

),

judged as (

    select
        *,
        bool_or(outcome != 'open' or first_entered_at is not null) over () as tells_losses
    from visits

)

select
    deal_key,
    pipeline,
    stage,
    first_entered_at,
    last_entered_at,
    left_at,
    cast({{ dbt.datediff('created_on', 'cast(first_entered_at as date)', 'day') }} as integer) as age_days  -- noqa: LT05
from judged
where tells_losses
