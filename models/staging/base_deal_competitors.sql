{{ config(materialized='table') }}
-- One row per line of the files of competitors on deals, with the rule that rejects or excludes it, or none.

with lines as (

    select
        *,
        row_number() over (
            partition by deal_id, competitor, coalesce(is_deleted = 'true', false), line_problem is null
            order by source_file, source_line
        ) as same_row
    from {{ source('landing', 'deal_competitors') }}

)

select
    source_file,
    source_line,
    deal_id,
    competitor,
    case
        when line_problem is not null then {{ rule_of_line('line_problem') }}
        when deal_id is null then 'missing_id'
        when same_row > 1 then 'exact_duplicate'
        when is_deleted = 'true' then 'deleted'
    end as rule_id,
    case
        when line_problem is not null then line_problem
        when deal_id is null then 'deal_id is empty'
        when same_row > 1 then 'the same row was read before'
        when is_deleted = 'true' then 'is_deleted is true'
    end as reason
from lines
