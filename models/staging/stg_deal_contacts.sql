-- One row per accepted pair of a deal and a contact.

select
    {{ keyed_hash('deal', 'deal_id') }} as deal_key,
    {{ keyed_hash('contact', 'contact_id') }} as contact_key,
    contact_id,
    buying_role,
    lower(is_primary) in ('true', '1', 'yes') as is_primary,
    {{ stated_day('added_on') }} as added_on
from {{ ref('base_deal_contact_lines') }}
where rule_id is null
