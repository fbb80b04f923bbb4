{{ config(materialized='ephemeral') }}
-- One row per deal x contact that a cell of the deal or of the contact names, by id or address. A contact's newest version counts.

with contacts as (

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
    from {{ ref('base_deals_naming_contacts') }}

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
    from {{ ref('base_deals_naming_contacts') }}
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

)

select
    deal_id,
    contact_id,
    source_file,
    source_line,
    file_dated_on,
    file_order
from each_once
where place = 1
