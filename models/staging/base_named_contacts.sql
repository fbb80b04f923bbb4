{{ config(materialized='ephemeral') }}
-- One row per deal x contact that a cell of the deal or of the contact names, by id or address. A contact's newest version counts.

with named as (

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
    from {{ ref('base_contacts_naming_deals') }}
    union all
    select
        3 as preference,
        *
    from {{ ref('base_addressed_contacts') }}

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
