{{ config(materialized='ephemeral') }}
-- One row per line of the deal files, with the stage by its own name: some exports write the pipeline behind it, in brackets.

-- a file has few stages, and what their words say is looked up for a line, not worked out again
with stated as (

    select
        *,
        -- what stands in brackets behind a stage, as in Closed Won (Sales Pipeline)
        case
            when {{ matches('stage', '^.+ \\([^()]+\\)$') }} then {{ folded(replace_pattern('stage', '^.+ \\(([^()]+)\\)$', '\\1')) }}
        end as bracket,
        {{ replace_pattern('stage', ' \\([^()]+\\)$', '') }} as stage_before_bracket
    from (select distinct stage, pipeline from {{ source('landing', 'deals') }} where stage is not null) as stated_stages

),

-- it is a pipeline where it says so, or where several stages have it; else it belongs to the stage, as in Closed Won (cancelled)
pipelines as (

    select bracket
    from stated
    where bracket is not null
    group by bracket
    having
        count(distinct {{ folded('stage_before_bracket') }}) > 1
        or max(case when bracket like '%pipeline%' or bracket = {{ folded('pipeline') }} then 1 else 0 end) = 1

),

stages as (

    select distinct
        stated.stage,
        case when pipelines.bracket is null then stated.stage else stated.stage_before_bracket end as own_stage
    from stated
    left join pipelines on stated.bracket = pipelines.bracket

),

worded as (

    select
        stage,
        own_stage,
        {{ folded('own_stage') }} as folded_stage,
        {{ stage_word('own_stage') }} as stage_words
    from stages

)

select
    deals.*,
    worded.own_stage,
    worded.folded_stage,
    worded.stage_words
from {{ source('landing', 'deals') }} as deals
left join worded on deals.stage = worded.stage
