{{ config(materialized='ephemeral') }}
-- One row per object x column that some file holds, under the name that the answers use, with the place of the object: where there is no file of
-- accounts, deals say what accounts would; competitors and roles stand in either of two files.

with read_columns as (

    select distinct
        case when rules.reported_object = '*' then landed.object else coalesce(rules.reported_object, landed.object) end as object,
        coalesce(rules.reported_column, landed.column_name) as column_name
    from {{ source('landing', 'columns') }} as landed
    left join {{ ref('reported_columns') }} as rules
        on rules.object in ('*', landed.object) and landed.column_name = rules.column_name
    where landed.status = 'mapped'

)

select
    *,
    {{ place_of_object('object') }} as place
from read_columns
