{{ config(materialized='ephemeral') }}
-- One row per input file x object read from it, with how many records it holds: those counted when it was read, or its cells.

with landed as (

    select * from {{ source('landing', 'files') }}

),

-- what stands in cells of another object's file has as many records as those cells hold
held_in_cells as (

    select
        'deal_contacts' as object,
        source_file,
        count(*) as records
    from {{ ref('base_deal_contacts') }}
    group by source_file
    union all
    select
        'contacts' as object,
        source_file,
        count(*) as records
    from {{ ref('base_contacts') }}
    group by source_file
    union all
    select
        object,
        source_file,
        count(*) as records
    from {{ ref('int_ruled_lines') }}
    where object = 'stage_history'
    group by object, source_file

)

select
    object,
    source_file,
    sha256,
    records
from landed
union all
select
    held_in_cells.object,
    held_in_cells.source_file,
    sums.sha256,
    held_in_cells.records
from held_in_cells
left join (select source_file, max(sha256) as sha256 from landed group by source_file) as sums  -- noqa: LT09
    on held_in_cells.source_file = sums.source_file
where not exists (
    select 1 from landed where landed.source_file = held_in_cells.source_file and landed.object = held_in_cells.object
)
