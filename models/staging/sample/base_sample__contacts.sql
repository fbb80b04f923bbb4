-- One row per line of the sample company's contacts, every value as text.

select
    'sample_contacts.csv' as source_file,
    {{ seed_line() }} as source_line,
    {{ absent() }} as line_problem,
    cast(null as integer) as file_order,
    contact_id,
    account_id,
    title,
    department,
    buying_role,
    modified_at,
    is_deleted
from {{ ref('sample_contacts') }}
