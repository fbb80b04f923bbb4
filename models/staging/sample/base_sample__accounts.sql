-- One row per line of the sample company's accounts, every value as text.

select
    'sample_accounts.csv' as source_file,
    {{ seed_line() }} as source_line,
    {{ absent() }} as line_problem,
    cast(null as integer) as file_order,
    account_id,
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type,
    modified_at,
    is_deleted
from {{ ref('sample_accounts') }}
