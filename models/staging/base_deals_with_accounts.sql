{{ config(materialized='ephemeral') }}
-- One row per line of the deal files, as in base_dated_deals, with the account and the contact that it is about.

with people as (

    -- a name that two people share finds neither
    select
        contact_name_hash,
        min(coalesce(contact_id, contact_name_hash)) as contact_id
    from {{ source('landing', 'contacts') }}
    where contact_name_hash is not null
    group by contact_name_hash
    having min(coalesce(contact_id, contact_name_hash)) = max(coalesce(contact_id, contact_name_hash))

),

stated as (

    select
        *,
        case when not {{ is_rounded('account_id') }} then account_id end as sound_account_id,
        case
            when not {{ is_rounded('account_ids') }} then nullif(trim(split_part(replace(account_ids, ',', ';'), ';', 1)), '')
        end as first_account_id
    from {{ ref('base_dated_deals') }}

),

-- of several accounts the main one counts, else the first
found as (

    select
        stated.*,
        coalesce(stated.sound_account_id, stated.first_account_id, by_domain.account_id, by_name.account_id) as found_account_id
    from stated
    left join {{ ref('base_account_matches') }} as by_domain
        on by_domain.found_by = 'domain' and stated.account_domain_hash = by_domain.match_hash
    left join {{ ref('base_account_matches') }} as by_name
        on by_name.found_by = 'name' and stated.account_name_hash = by_name.match_hash

)

select
    found.*,
    coalesce(merged.survivor_id, found.found_account_id, found.account_name_hash) as known_account_id,
    found.sound_account_id is null and length(found.account_ids) > length(found.first_account_id) as has_several_accounts,
    {{ is_rounded('found.account_id') }} or {{ is_rounded('found.account_ids') }} as is_account_rounded,
    coalesce(found.contact_id, people.contact_id, found.contact_name_hash) as known_contact_id
from found
left join {{ ref('base_merged_records') }} as merged on merged.object = 'accounts' and found.found_account_id = merged.merged_id
left join people on found.contact_name_hash = people.contact_name_hash
