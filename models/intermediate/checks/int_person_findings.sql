{{ config(materialized='ephemeral') }}
-- One row: how many cells of dimensions hold what looks like a person: the name of an owner, or a common given name beside another name.
-- Published segments would name them. Which cells these are is not said here.

with cells as (

    select * from {{ ref('int_cells_with_names') }}

),

-- an owner is known by a pseudonym, or by name where the settings show names
owners as (

    select distinct owner from {{ ref('stg_deals') }} where owner is not null

),

possible_owners as (

    select
        stated_value,
        stated_value as owner
    from cells
    union all
    select
        stated_value,
        'owner-' || substring({{ keyed_md5('owner', 'lower(trim(stated_value))') }}, 1, 8) as owner
    from cells

),

owned as (

    select distinct possible_owners.stated_value
    from possible_owners
    inner join owners on possible_owners.owner = owners.owner

),

people as (

    select stated_value from cells where is_named
    union
    select stated_value from owned

)

select
    'person_in_dimension' as rule_id,
    cast(coalesce(sum(case when people.stated_value is not null then cells.uses end), 0) as bigint) as found,
    cast(coalesce(sum(cells.uses), 0) as bigint) as of_records
from cells
left join people on cells.stated_value = people.stated_value
