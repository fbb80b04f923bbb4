{{ config(materialized='ephemeral') }}
{%- set marks = ' *[,，、/] *' -%}
{%- set words = ' +(?i:[&+]|and|und|et|y|e|en|och|og|or|oder|ou) +' -%}
{#- by every separator, else by fewer of them -#}
{%- set ways = [' *[,，、/] *((?i:and|und|or|oder) +)?|' ~ words, marks, ' *[,，、] *', words] -%}
-- One row per competitor's name with a comma, a slash, a plus or a word such as "and" in it x way to read it as several x piece by that way.

with names as (

    select distinct
        name,
        {{ folded(replace_pattern('name', '(' ~ ways[0] ~ ').*$', '')) }} as folded_beginning
    from {{ ref('int_competitor_parts') }}
    where {{ matches('name', ways[0]) }}

),

tried as (

    {% for way in ways -%}
    select
        name,
        folded_beginning,
        {{ loop.index }} as way,
        {{ split_to_rows('name', way) }} as piece
    from names
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    name,
    folded_beginning,
    way,
    trim(piece) as piece,
    {{ folded('piece') }} as folded_piece
from tried
where trim(piece) != ''
