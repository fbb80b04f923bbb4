{{ config(materialized='ephemeral') }}
-- One row per line of the stage history files, and per stage a deal entered in the newest version of its line where stages are columns, with its
-- place among the lines that say the same or of the same day.

with landed as (

    select
        history.*,
        {{ local_moment('history.entered_on') }} as entered_at,
        {{ local_moment('history.left_at') }} as left_moment,
        lower(coalesce(history.is_deleted, 'false')) in ('true', '1', 'yes') as was_deleted,
        case
            when {{ is_day_or_moment('history.entered_on') }} then substring({{ local_day('history.entered_on') }}, 1, 10) else history.entered_on
        end as entered_day,
        files.source_file is null as is_column_of_deals,
        row_number() over (
            partition by history.deal_id, history.stage, files.source_file is null
            order by history.modified_at desc nulls last, history.file_order desc nulls last, history.source_file desc, history.source_line desc
        ) as newest_first
    from {{ source('landing', 'stage_history') }} as history
    left join {{ source('landing', 'files') }} as files
        on history.source_file = files.source_file and files.object = 'stage_history'

)

select
    source_file,
    source_line,
    line_problem,
    deal_id,
    stage,
    entered_day as entered_on,
    entered_at,
    left_at,
    left_moment,
    from_stage,
    amount,
    close_date,
    was_deleted,
    row_number() over (
        partition by deal_id, stage, entered_on, left_at, from_stage, amount, close_date, was_deleted, line_problem is null
        order by source_file, source_line
    ) as same_row,
    -- of several changes of a deal on a day the first enters the stage
    row_number() over (
        partition by deal_id, stage, entered_day, was_deleted, line_problem is null
        order by entered_at nulls last, source_file, source_line
    ) as place_on_day,
    last_value(close_date) over (
        partition by deal_id, stage, entered_day, was_deleted, line_problem is null
        order by entered_at nulls last, source_file, source_line
        rows between unbounded preceding and unbounded following
    ) as close_date_of_day
from landed
where not is_column_of_deals or newest_first = 1
