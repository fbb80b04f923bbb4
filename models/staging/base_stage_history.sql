-- One row per line of the stage history files; where stages are columns of the deals, per stage a deal entered in its newest version.

with landed as (

    select
        history.*,
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
    file_dated_on,
    file_order,
    deal_id,
    stage,
    substring(entered_on, 1, 10) as entered_on
from landed
where not is_column_of_deals or newest_first = 1
