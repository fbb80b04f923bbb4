-- One row per accepted contact: a title and roles, no name.

select
    {{ keyed_hash('contact', 'contact_id') }} as contact_key,
    contact_id,
    title,
    department,
    buying_role
from {{ ref('base_contact_lines') }}
where rule_id is null
