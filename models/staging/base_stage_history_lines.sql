{{ config(materialized='table') }}
-- One row per line of the stage history files, with the rule that rejects or excludes it, or none; where stages are columns of the deals,
-- per stage a deal entered in its newest version.

with landed as (

    select
        history.*,
        substring({{ local_day('history.entered_on') }}, 1, 10) as entered_day,
        files.source_file is null as is_column_of_deals,
        row_number() over (
            partition by history.deal_id, history.stage, files.source_file is null
            order by history.modified_at desc nulls last, history.file_order desc nulls last, history.source_file desc, history.source_line desc
        ) as newest_first
    from {{ source('landing', 'stage_history') }} as history
    left join {{ source('landing', 'files') }} as files
        on history.source_file = files.source_file and files.object = 'stage_history'

),

lines as (

    select
        source_file,
        source_line,
        line_problem,
        deal_id,
        stage,
        entered_day as entered_on,
        row_number() over (
            partition by deal_id, stage, entered_day, case when line_problem is null then 0 else 1 end
            order by source_file, source_line
        ) as same_row
    from landed
    where not is_column_of_deals or newest_first = 1

)

select
    source_file,
    source_line,
    deal_id,
    stage,
    entered_on,
    nullif(concat_ws(
        ', ',
        case when entered_on is not null and try_cast(entered_on as date) is null then 'entered_on' end
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
