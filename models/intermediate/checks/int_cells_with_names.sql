{{ config(materialized='ephemeral') }}
{%- set columns = ['lead_source', 'deal_type', 'product', 'pipeline'] -%}
{%- for dimension in dimensions() if dimension.is_own and not dimension.is_person %}{% do columns.append(dimension.name) %}{% endfor -%}
-- One row per distinct cell of dimensions that a person may stand in: whether a common given name stands in it beside another name.
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

)

select
    cells.stated_value,
    cells.uses,
    named.stated_value is not null as is_named
from cells
left join named on cells.stated_value = named.stated_value
