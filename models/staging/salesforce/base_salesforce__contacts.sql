-- One row per line of the contact files, every value as canonical text, nothing dropped. Names and e-mails are not read.

with exported as (

    {{ read_exports('contacts') }}

)

select
    {{ salesforce_id('contact_id') }} as contact_id,
    {{ salesforce_id('account_id') }} as account_id,
    title,
    department,
    buying_role,
    modified_at,
    is_deleted,
    source_file,
    source_line,
    case when source_line >= cast(footer_from as bigint) then 'footer of the report' else line_problem end as line_problem,
    file_dated_on,
    file_order
from exported
