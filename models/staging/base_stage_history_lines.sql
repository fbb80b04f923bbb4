{{ config(materialized='table') }}
-- One row per line of the stage history files, with the rule that rejects or excludes it, or none; where stages are columns of the deals,
-- per stage a deal entered in its newest version.

with landed as (

    select
        history.*,
        {{ local_moment('history.entered_on') }} as entered_at,
        {{ local_moment('history.left_at') }} as left_moment,
        lower(coalesce(history.is_deleted, 'false')) in ('true', '1', 'yes') as was_deleted,
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

)

select
    source_file,
    source_line,
    deal_id,
    stage,
    entered_on,
    entered_at,
    left_moment as left_at,
    from_stage,
    cast(try_cast(amount as decimal(38, 2)) as double) as amount,
    try_cast(substring(close_date, 1, 10) as date) as expected_close_on,
    try_cast(substring(close_date_of_day, 1, 10) as date) as expected_close_after_day_on,
    nullif(concat_ws(
        ', ',
        case when entered_on is not null and try_cast(entered_on as date) is null then 'entered_on' end,
        case when left_at is not null and left_moment is null then 'left_at' end,
        case when amount is not null and try_cast(amount as decimal(38, 2)) is null then 'amount' end,
        case when close_date is not null and try_cast(substring(close_date, 1, 10) as date) is null then 'close_date' end
    ), '') as unreadable_columns,
    case
        when line_problem is not null then {{ rule_of_line('line_problem') }}
        when deal_id is null then 'missing_id'
        when same_row > 1 then 'exact_duplicate'
        when was_deleted then 'deleted'
        when place_on_day > 1 then 'repeated_stage'
    end as rule_id,
    case
        when line_problem is not null then line_problem
        when deal_id is null then 'deal_id is empty'
        when same_row > 1 then 'the same row was read before'
        when was_deleted then 'is_deleted is true'
        when place_on_day > 1 then 'the deal is in this stage already on this day'
    end as reason
from lines
