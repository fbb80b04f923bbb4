-- One row per line of the OpportunityHistory files, every value as canonical text, nothing dropped.

with exported as (

    {{ read_exports('stage_history') }}

)

select
    {{ salesforce_id('deal_id') }} as deal_id,
    stage,
    substring(entered_at, 1, 10) as entered_on,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
