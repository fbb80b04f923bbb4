-- One row per line of the sample company's contacts on deals, every value as text.

select
    'sample_deal_contacts.csv' as source_file,
    {{ seed_line() }} as source_line,
    {{ absent() }} as line_problem,
    cast(null as integer) as file_order,
    deal_id,
    contact_id,
    buying_role,
    is_primary,
    added_on,
    is_deleted
from {{ ref('sample_deal_contacts') }}
