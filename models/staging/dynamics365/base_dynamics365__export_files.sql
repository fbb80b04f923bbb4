-- One row per object and file read for it. Contacts of deals stand in cells of the deal files: their records are what those hold.

with exported as (

    {{ read_exports('export_files') }}

),

held_in_cells as (

    select 'deal_contacts' as object, source_file, count(*) as records
    from {{ ref('base_dynamics365__deal_contacts') }}
    group by source_file
    union all
    select 'contacts' as object, source_file, count(*) as records
    from {{ ref('base_dynamics365__contacts') }}
    where source_file not in (select source_file from exported where object = 'contacts')
    group by source_file

)

select *
from exported
union all
select
    held_in_cells.object,
    files.source_file,
    files.sha256,
    held_in_cells.records,
    files.encoding,
    files.delimiter,
    files.date_order,
    files.decimal_style,
    files.is_read_directly,
    files.file_dated_on,
    files.file_order
from held_in_cells
inner join exported as files on held_in_cells.source_file = files.source_file and files.object = 'deals'
