-- One row per deal x contact associated with it. HubSpot has no file of them: they stand in cells of deals and of contacts.

with deals as (

    select *
    from ({{ read_exports('deals') }}) as exported_deals
    where line_problem is null
    -- an older version of a deal may name contacts that have been removed since
    qualify row_number() over (
        partition by deal_id
        order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
    ) = 1

),

contacts as (

    select *
    from ({{ read_exports('contacts') }}) as exported_contacts
    where line_problem is null
    qualify row_number() over (
        partition by contact_id
        order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
    ) = 1

),

-- an e-mail that two contacts share says nothing
addresses as (

    select lower(email) as email, min(contact_id) as contact_id
    from contacts
    group by lower(email)
    having min(contact_id) = max(contact_id)

),

named_on_deals as (

    select deal_id, {{ split_to_rows('contact_ids', '[;,]') }} as contact_id, source_file, source_line, file_dated_on, file_order
    from deals

),

-- only deals without ids are matched by e-mail
written_on_deals as (

    select
        deal_id,
        unnest(regexp_extract_all(lower(coalesce(contact_emails, contact_names)), '[^\s;,<>()]+@[^\s;,<>()]+')) as email,
        source_file,
        source_line,
        file_dated_on,
        file_order
    from deals
    where contact_ids is null

),

named_on_contacts as (

    select {{ split_to_rows('deal_ids', '[;,]') }} as deal_id, contact_id, source_file, source_line, file_dated_on, file_order
    from contacts

),

associations as (

    select 1 as preference, deal_id, trim(contact_id) as contact_id, source_file, source_line, file_dated_on, file_order
    from named_on_deals
    union all
    select 2 as preference, trim(deal_id) as deal_id, contact_id, source_file, source_line, file_dated_on, file_order
    from named_on_contacts
    union all
    select
        3 as preference,
        written_on_deals.deal_id,
        addresses.contact_id,
        written_on_deals.source_file,
        written_on_deals.source_line,
        written_on_deals.file_dated_on,
        written_on_deals.file_order
    from written_on_deals
    inner join addresses on written_on_deals.email = addresses.email

)

select
    deal_id,
    contact_id,
    {{ absent() }} as buying_role,
    {{ absent() }} as is_primary,
    {{ absent() }} as added_on,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    {{ absent() }} as line_problem,
    file_dated_on,
    file_order
from associations
where deal_id != '' and contact_id != ''
qualify row_number() over (partition by deal_id, contact_id order by preference, source_file, source_line) = 1
