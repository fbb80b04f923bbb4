{{ config(materialized='table') }}
-- One row per line of the files of contacts on deals, and per contact that a deal or a contact names in a cell of its own file.

with named as (

    select
        *,
        cast(null as string) as is_primary
    from {{ ref('base_named_contacts') }}
    union all
    -- the person a deal names is its main contact
    select
        {{ all_but('deals', ['contact_ids', 'contact_email_hashes']) }},
        'true' as is_primary
    from {{ ref('base_deals_naming_contacts') }} as deals
    where contact_id is not null

),

links as (

    select
        source_file,
        source_line,
        line_problem,
        file_dated_on,
        file_order,
        deal_id,
        contact_id,
        buying_role,
        is_primary,
        {{ local_day('added_on') }} as added_on,
        is_deleted
    from {{ source('landing', 'deal_contacts') }}
    union all
    select
        source_file,
        source_line,
        cast(null as string) as line_problem,
        file_dated_on,
        file_order,
        deal_id,
        contact_id,
        cast(null as string) as buying_role,
        is_primary,
        cast(null as string) as added_on,
        cast(null as string) as is_deleted
    from named

)

-- what was merged belongs to the deal and the person that are left
select
    {{ all_but('links', ['deal_id', 'contact_id']) }},
    coalesce(merged_deals.survivor_id, links.deal_id) as deal_id,
    coalesce(merged_contacts.survivor_id, links.contact_id) as contact_id
from links
left join {{ ref('base_merged_records') }} as merged_deals on merged_deals.object = 'deals' and links.deal_id = merged_deals.merged_id
left join {{ ref('base_merged_records') }} as merged_contacts
    on merged_contacts.object = 'contacts' and links.contact_id = merged_contacts.merged_id
