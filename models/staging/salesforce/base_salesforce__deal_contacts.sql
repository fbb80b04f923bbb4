-- One row per line of the OpportunityContactRole files, every value as canonical text, nothing dropped.

with exported as (

    {{ read_exports('deal_contacts') }}

)

select
    {{ salesforce_id('deal_id') }} as deal_id,
    {{ salesforce_id('contact_id') }} as contact_id,
    buying_role,
    is_primary,
    added_on,
    is_deleted,
    source_file,
    source_line,
    case when source_line >= cast(footer_from as bigint) then 'footer of the report' else line_problem end as line_problem,
    file_dated_on,
    file_order
from exported
