-- One row per line of the company files, every value as canonical text, nothing dropped.

with exported as (

    {{ read_exports('accounts') }}

)

select
    account_id,
    {{ hubspot_label('industry') }} as industry,
    annual_revenue,
    employees,
    region,
    country,
    {{ hubspot_label('account_type') }} as account_type,
    modified_at,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
