{{ config(materialized='ephemeral' if target.type == 'duckdb' else 'table') }}
-- One row per line of the contact files, and per person whom only a deal names. No names: those without an id have a keyed hash for one.

with only_on_deals as (

    select
        deals.*,
        -- a person named on several deals is one
        row_number() over (partition by deals.contact_name_hash order by deals.source_file, deals.source_line) as place
    from {{ source('landing', 'deals') }} as deals
    where
        deals.line_problem is null
        and deals.contact_id is null
        and deals.contact_name_hash is not null
        and deals.contact_name_hash not in (select contact_name_hash from {{ source('landing', 'contacts') }} where contact_name_hash is not null)

)

select
    contacts.source_file,
    contacts.source_line,
    contacts.line_problem,
    contacts.file_dated_on,
    contacts.file_order,
    coalesce(contacts.contact_id, contacts.contact_name_hash) as contact_id,
    coalesce(
        merged_accounts.survivor_id,
        case when not {{ is_rounded('contacts.account_id') }} then contacts.account_id end,
        by_domain.account_id,
        by_name.account_id,
        contacts.account_name_hash
    ) as account_id,
    {{ is_rounded('contacts.account_id') }} as is_account_rounded,
    contacts.title,
    contacts.department,
    contacts.buying_role,
    contacts.modified_at,
    contacts.is_deleted
from {{ source('landing', 'contacts') }} as contacts
left join {{ ref('base_account_matches') }} as by_domain on by_domain.found_by = 'domain' and contacts.account_domain_hash = by_domain.match_hash
left join {{ ref('base_account_matches') }} as by_name on by_name.found_by = 'name' and contacts.account_name_hash = by_name.match_hash
left join {{ ref('base_merged_records') }} as merged_accounts
    on merged_accounts.object = 'accounts' and coalesce(contacts.account_id, by_domain.account_id, by_name.account_id) = merged_accounts.merged_id
union all
select
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order,
    contact_name_hash as contact_id,
    cast(null as string) as account_id,
    false as is_account_rounded,
    contact_title as title,
    cast(null as string) as department,
    cast(null as string) as buying_role,
    cast(null as string) as modified_at,
    cast(null as string) as is_deleted
from only_on_deals
where place = 1
