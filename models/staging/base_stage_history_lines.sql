{{ config(materialized='table') }}
-- One row per line of the stage history files, with the rule that rejects or excludes it, or none; where stages are columns of the deals,
-- per stage a deal entered in its newest version.

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
    {{ stated_day('close_date') }} as expected_close_on,
    {{ stated_day('close_date_of_day') }} as expected_close_after_day_on,
    nullif(concat_ws(
        ', ',
        case when entered_on is not null and {{ stated_day('entered_on') }} is null then 'entered_on' end,
        case when left_at is not null and left_moment is null then 'left_at' end,
        case when amount is not null and try_cast(amount as decimal(38, 2)) is null then 'amount' end,
        case when close_date is not null and {{ stated_day('close_date') }} is null then 'close_date' end
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
from {{ ref('base_stage_moves') }}
