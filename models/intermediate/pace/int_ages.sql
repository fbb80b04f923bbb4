{{ config(materialized='ephemeral') }}
-- One row per day of age, from -1, which is before a deal is created, to that of the oldest deal. A date mistyped by centuries is an age as well.

select cast(id as integer) - 1 as age_days
from range(1000000) as counted (id)
where id <= (select max(age_days) + 1 from {{ ref('int_spell_days') }})
