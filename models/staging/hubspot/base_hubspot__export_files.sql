-- One row per object and file read for it. Contacts of deals and stages entered stand in cells of other objects' files:
-- their records are what those cells hold.

with exported as (

    {{ read_exports('export_files') }}

),

held_in_cells as (

    select 'deal_contacts' as object, source_file, count(*) as records
    from {{ ref('base_hubspot__deal_contacts') }}
    group by source_file
    union all
    select 'stage_history' as object, source_file, count(*) as records
    from {{ ref('base_hubspot__stage_history') }}
    group by source_file

)

select *
from exported
where object != 'stage_history'
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
inner join exported as files on held_in_cells.source_file = files.source_file and files.object in ('deals', 'contacts')
