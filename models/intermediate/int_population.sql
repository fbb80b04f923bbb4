{{ config(materialized='ephemeral') }}
-- One row: the population in words, by what it leaves out.

with listed as (

    select {{ listed("case when not counts then field || ' ' || case when value = '*' then 'not named here' else value end end") }} as left_out
    from {{ ref('population') }}

)

select coalesce('all deals except ' || left_out, 'all deal types and pipelines') as population
from listed
