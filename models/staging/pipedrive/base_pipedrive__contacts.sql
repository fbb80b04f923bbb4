-- One row per line of the people files, and per person that only a deal names; a name stands here as a keyed hash alone.

with exported as (

    {{ read_exports('contacts') }}

),

on_deals as (

    select *
    from ({{ read_exports('deals') }}) as exported_deals
    where line_problem is null and primary_contact_id is null and contact_name is not null

)

select
    coalesce(contact_id, {{ keyed_hash('person', folded('contact_name')) }}) as contact_id,
    account_id,
    title,
    {{ absent() }} as department,
    {{ absent() }} as buying_role,
    {{ absent() }} as modified_at,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
union all
select
    {{ keyed_hash('person', folded('on_deals.contact_name')) }} as contact_id,
    {{ absent() }} as account_id,
    on_deals.title,
    {{ absent() }} as department,
    {{ absent() }} as buying_role,
    {{ absent() }} as modified_at,
    {{ absent() }} as is_deleted,
    on_deals.source_file,
    on_deals.source_line,
    on_deals.line_problem,
    on_deals.file_dated_on,
    on_deals.file_order
from on_deals
where not exists (select 1 from exported where {{ folded('exported.contact_name') }} = {{ folded('on_deals.contact_name') }})
-- a person named on several deals is one
qualify row_number() over (partition by {{ folded('on_deals.contact_name') }} order by on_deals.source_file, on_deals.source_line) = 1
