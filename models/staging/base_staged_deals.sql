{{ config(materialized='ephemeral') }}
-- One row per line of the deal files, with the stage by its own name: some exports write the pipeline behind it, in brackets.

with stated as (

    select
        *,
        -- what stands in brackets behind a stage, as in Closed Won (Sales Pipeline)
        case
            when {{ matches('stage', '^.+ \\([^()]+\\)$') }} then {{ folded(replace_pattern('stage', '^.+ \\(([^()]+)\\)$', '\\1')) }}
        end as bracket,
        {{ replace_pattern('stage', ' \\([^()]+\\)$', '') }} as stage_before_bracket
    from {{ source('landing', 'deals') }}

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

)

select
    stated.*,
    case when pipelines.bracket is null then stated.stage else stated.stage_before_bracket end as own_stage
from stated
left join pipelines on stated.bracket = pipelines.bracket
