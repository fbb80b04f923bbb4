{{ config(materialized='ephemeral') }}
{%- set columns = ['lead_source', 'deal_type', 'product', 'pipeline'] -%}
{%- for dimension in dimensions() if dimension.is_own and not dimension.is_person %}{% do columns.append(dimension.name) %}{% endfor -%}
-- One row: how many cells of dimensions hold what looks like a person: the name of an owner, or a common given name beside another name.
-- Published segments would name them. Which cells these are is not said here.

-- depends_on: {{ ref('int_segments') }}
with cells as (

    select
        stated_value,
        sum(records) as uses
    from {{ ref('int_segments') }}
    where column_name in ('{{ columns | join("', '") }}')
    group by stated_value

),

words as (

    select
        stated_value,
        {{ split_to_rows("stated_value", "[ ,;:()/]+") }} as word
    from cells

),

-- "Maria Lopez", also inside a sentence, or "Lopez, Maria"
named as (

    select distinct words.stated_value
    from words
    inner join {{ ref('given_names') }} as given_names on words.word = given_names.given_name
    where
        {{ matches("replace(words.stated_value, words.word, '#')", "(^|[ ,;:(/])#( [A-Z][.])? [A-Z]") }}
        or {{ matches("replace(words.stated_value, words.word, '#')", "[A-Za-z], ?#$") }}

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

    select stated_value from named
    union
    select stated_value from owned

)

select
    'person_in_dimension' as rule_id,
    cast(coalesce(sum(case when people.stated_value is not null then cells.uses end), 0) as bigint) as found,
    cast(coalesce(sum(cells.uses), 0) as bigint) as of_records
from cells
left join people on cells.stated_value = people.stated_value
