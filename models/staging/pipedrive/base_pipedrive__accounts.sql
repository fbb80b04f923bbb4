-- One row per line of the organization files, every value as canonical text, nothing dropped.

with exported as (

    {{ read_exports('accounts') }}

)

select
    coalesce(account_id, 'name-' || md5({{ folded('account_name') }})) as account_id,
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type,
    {{ absent() }} as modified_at,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
