-- One row per object and file read for it. What stands in cells of another object's file has as many records as those cells hold.

with landed as (

    select * from {{ source('landing', 'files') }}

),

held_in_cells as (

    select 'deal_contacts' as object, source_file, count(*) as records
    from {{ ref('base_deal_contacts') }}
    group by source_file
    union all
    select 'stage_history' as object, source_file, count(*) as records
    from {{ ref('base_stage_history') }}
    group by source_file
    union all
    select 'contacts' as object, source_file, count(*) as records
    from {{ ref('base_contacts') }}
    group by source_file

)

select object, source_file, sha256, records
from landed
union all
select held_in_cells.object, held_in_cells.source_file, files.sha256, held_in_cells.records
from held_in_cells
left join (select distinct source_file, sha256 from landed) as files on held_in_cells.source_file = files.source_file
where not exists (
    select 1 from landed where landed.source_file = held_in_cells.source_file and landed.object = held_in_cells.object
)
