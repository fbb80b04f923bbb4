-- One row per line of the account files, every value as canonical text, nothing dropped.

with exported as (

    {{ read_exports('accounts') }}

)

select
    {{ salesforce_id('account_id') }} as account_id,
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type,
    modified_at,
    is_deleted,
    source_file,
    source_line,
    case when source_line >= cast(footer_from as bigint) then 'footer of the report' else line_problem end as line_problem,
    file_dated_on,
    file_order
from exported
