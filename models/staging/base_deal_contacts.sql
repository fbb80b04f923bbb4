{{ config(materialized='table') }}
-- One row per line of the files of contacts on deals, and per contact that a deal or a contact names in a cell of its own file.

with naming_deals as (

    select deal_id
    from {{ ref('base_deals') }}
    where line_problem is null and deal_id is not null and coalesce(contact_id, contact_ids, contact_email_hashes) is not null
    group by deal_id

),

-- an older version of a deal may name contacts that have been removed since
deals as (

    select *
    from (
        select
            named.*,
            row_number() over (
                partition by named.deal_id
                order by
                    named.modified_at desc nulls last,
                    named.file_order desc nulls last,
                    named.source_file desc,
                    named.source_line desc
            ) as newest_first
        from {{ ref('base_deals') }} as named
        inner join naming_deals on named.deal_id = naming_deals.deal_id
        where named.line_problem is null
    ) as versions
    where newest_first = 1

),

contacts as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by contact_id
                order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
            ) as newest_first
        from {{ source('landing', 'contacts') }}
        where line_problem is null and coalesce(deal_ids, contact_email_hash) is not null
    ) as versions
    where newest_first = 1

),

-- an address that two contacts share finds neither
addresses as (

    select
        contact_email_hash,
        min(contact_id) as contact_id
    from contacts
    where contact_email_hash is not null
    group by contact_email_hash
    having min(contact_id) = max(contact_id)

),

addressed as (

    select
        deal_id,
        {{ split_to_rows('contact_email_hashes', ';') }} as contact_email_hash,
        source_file,
        source_line,
        file_dated_on,
        file_order
    from deals

),

named as (

    select
        1 as preference,
        deal_id,
        {{ split_to_rows('contact_ids', '[;,]') }} as contact_id,
        source_file,
        source_line,
        file_dated_on,
        file_order
    from deals
    union all
    select
        2 as preference,
        {{ split_to_rows('deal_ids', '[;,]') }} as deal_id,
        contact_id,
        source_file,
        source_line,
        file_dated_on,
        file_order
    from contacts
    union all
    select
        3 as preference,
        addressed.deal_id,
        addresses.contact_id,
        addressed.source_file,
        addressed.source_line,
        addressed.file_dated_on,
        addressed.file_order
    from addressed
    inner join addresses on addressed.contact_email_hash = addresses.contact_email_hash

),

each_once as (

    select
        trim(deal_id) as deal_id,
        trim(contact_id) as contact_id,
        source_file,
        source_line,
        file_dated_on,
        file_order,
        row_number() over (partition by trim(deal_id), trim(contact_id) order by preference, source_file, source_line) as place
    from named
    where trim(deal_id) != '' and trim(contact_id) != ''

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
        {{ absent() }} as line_problem,
        file_dated_on,
        file_order,
        deal_id,
        contact_id,
        {{ absent() }} as buying_role,
        {{ absent() }} as is_primary,
        {{ absent() }} as added_on,
        {{ absent() }} as is_deleted
    from each_once
    where place = 1
    union all
    -- the person a deal names is its main contact
    select
        source_file,
        source_line,
        {{ absent() }} as line_problem,
        file_dated_on,
        file_order,
        deal_id,
        contact_id,
        {{ absent() }} as buying_role,
        'true' as is_primary,
        {{ absent() }} as added_on,
        {{ absent() }} as is_deleted
    from deals
    where contact_id is not null

)

-- what was merged belongs to the deal and the person that are left
select
    links.source_file,
    links.source_line,
    links.line_problem,
    links.file_dated_on,
    links.file_order,
    coalesce(merged_deals.survivor_id, links.deal_id) as deal_id,
    coalesce(merged_contacts.survivor_id, links.contact_id) as contact_id,
    links.buying_role,
    links.is_primary,
    links.added_on,
    links.is_deleted
from links
left join {{ ref('base_merged_records') }} as merged_deals on merged_deals.object = 'deals' and links.deal_id = merged_deals.merged_id
left join {{ ref('base_merged_records') }} as merged_contacts
    on merged_contacts.object = 'contacts' and links.contact_id = merged_contacts.merged_id
