{{ config(materialized='ephemeral') }}
-- One row per deal x e-mail address it names, where the address is that of one contact.

with addressed as (

    select
        deal_id,
        {{ split_to_rows('contact_email_hashes', ';') }} as contact_email_hash,
        source_file,
        source_line,
        file_dated_on,
        file_order
    from {{ ref('base_deals_naming_contacts') }}

),

-- an address that two contacts share finds neither
addresses as (

    select
        contact_email_hash,
        min(contact_id) as contact_id
    from {{ ref('base_contacts_naming_deals') }}
    where contact_email_hash is not null
    group by contact_email_hash
    having min(contact_id) = max(contact_id)

)

select
    addressed.deal_id,
    addresses.contact_id,
    addressed.source_file,
    addressed.source_line,
    addressed.file_dated_on,
    addressed.file_order
from addressed
inner join addresses on addressed.contact_email_hash = addresses.contact_email_hash
