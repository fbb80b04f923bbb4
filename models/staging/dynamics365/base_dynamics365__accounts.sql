-- One row per line of the account views, every value as canonical text, nothing dropped. Opportunities name their customer, so the
-- name is the key.

with exported as (

    {{ read_exports('accounts') }}

)

select
    'name-' || md5({{ folded('account_name') }}) as account_id,
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type,
    modified_at,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
