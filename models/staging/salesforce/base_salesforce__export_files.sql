-- One row per object and file read for it. Lines of OpportunityCompetitor become a column of deals and are not among them.

with exported as (

    {{ read_exports('export_files') }}

)

select *
from exported
where object != 'competitors'
