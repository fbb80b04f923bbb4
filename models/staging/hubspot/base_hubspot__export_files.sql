-- One row per object and file read for it. Stages entered stand in the deal files and have none of their own.

with exported as (

    {{ read_exports('export_files') }}

)

select *
from exported
where object != 'stage_history'
