{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about how contacts and deals are linked: how many links or contacts it concerns, of how many.

with links as (

    select
        deal_id,
        contact_id
    from {{ ref('base_deal_contact_lines') }}
    where rule_id is null

),

linked_contacts as (select distinct contact_id from links)

-- by id: hashing millions of ids to compare them would take longer than all the rest
select
    'contact_of_unknown_deal' as rule_id,
    count(*) filter (where deals.deal_id is null) as found,
    count(*) as of_records
from links
left join {{ ref('base_deal_lines') }} as deals on links.deal_id = deals.deal_id and deals.rule_id is null
union all
select
    'contact_added_after_close' as rule_id,
    count(*) filter (where not is_counted) as found,
    count(*) as of_records
from {{ ref('bridge_deal_contacts') }}
union all
select
    'contact_without_deal' as rule_id,
    count(*) filter (where linked_contacts.contact_id is null) as found,
    count(*) as of_records
from {{ ref('base_contact_lines') }} as contacts
left join linked_contacts on contacts.contact_id = linked_contacts.contact_id
where contacts.rule_id is null
