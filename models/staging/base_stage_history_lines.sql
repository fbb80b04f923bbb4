{{ config(materialized='table') }}
-- One row per line of the stage history files, with the rule that rejects or excludes it, or none.

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        deal_id,
        stage,
        entered_on,
        row_number() over (
            partition by deal_id, stage, entered_on, case when line_problem is null then 0 else 1 end
            order by source_file, source_line
        ) as same_row
    from {{ ref('base_stage_history') }}

)

select
    source_file,
    source_line,
    deal_id,
    stage,
    entered_on,
    nullif(concat_ws(
        ', ',
        case when entered_on is not null and try_cast(substring(entered_on, 1, 10) as date) is null then 'entered_on' end
    ), '') as unreadable_columns,
    case
        when line_problem = 'footer of the report' then 'footer'
        when line_problem is not null then 'malformed_line'
        when deal_id is null then 'missing_id'
        when same_row > 1 then 'exact_duplicate'
    end as rule_id,
    case
        when line_problem is not null then line_problem
        when deal_id is null then 'deal_id is empty'
        when same_row > 1 then 'the same row was read before'
    end as reason
from lines
