-- One row per object, file and column. `matched`: no ids of accounts, so that they were found by name.

with exported as (

    {{ read_exports('export_columns') }}

),

named as (

    select object, source_file
    from exported
    where object = 'deals' and column_name = 'account_name' and status = 'mapped'

)

select
    exported.object,
    exported.source_file,
    exported.column_name,
    exported.source_header,
    case
        when exported.object = 'deals' and exported.column_name = 'account_id' and exported.status = 'missing' and named.source_file is not null
            then 'matched'
        else exported.status
    end as status
from exported
left join named on exported.object = named.object and exported.source_file = named.source_file
