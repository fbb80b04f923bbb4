-- One row per object, file and column. `matched`: no ids of organizations or people, so that they were found by name.

with exported as (

    {{ read_exports('export_columns') }}

),

named as (

    select
        case when object = 'deals' and column_name in ('primary_contact_id', 'contact_name') then 'deal_contacts' else object end as object,
        source_file,
        case
            when column_name in ('status', 'won_on', 'lost_on') then 'outcome'
            when column_name in ('primary_contact_id', 'contact_name') then 'contact_id'
            when column_name = 'account_name' then 'account_id'
            else column_name
        end as column_name,
        source_header,
        case
            when status = 'mapped' and column_name in ('account_name', 'contact_name') then 'matched'
            else status
        end as status
    from exported
    -- the title numbers the deals of a file without ids, and goes no further
    where column_name is null or column_name not in ('deal_name', 'archive_status')
    union all
    select object, source_file, 'closed_on' as column_name, source_header, status
    from exported
    where object = 'deals' and column_name in ('won_on', 'lost_on')

)

select
    object,
    source_file,
    column_name,
    {{ listed('source_header', ' or ') }} as source_header,
    -- `mapped` comes before `matched`, and that before `missing`
    min(status) as status
from named
group by object, source_file, column_name, case when column_name is null then source_header end
