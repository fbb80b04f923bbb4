-- One row per deal x stage it entered. HubSpot has no file of them: each stage is a column of deals, `Date entered "..."`.

with exported as (

    {{ read_exports('stage_history') }}

)

select
    deal_id,
    stage,
    entered_on,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
-- a deal that never was in the stage; a broken line is rejected once, among the deals
where entered_on is not null and deal_id is not null and line_problem is null
-- a deal exported twice entered its stages once
qualify row_number() over (
    partition by deal_id, stage
    order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
) = 1
