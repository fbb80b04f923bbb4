{# Plays of a query with the words of the seed `playbook`. The query has the columns kind, place, situation, evidence, source_table and
   source_row, and a column for each of `words`. #}
{% macro filled_plays(plays, words) %}
{%- set names = words + ['due'] %}
select
    plays.kind,
    plays.place,
    plays.situation,
    coalesce(own.grade, general.grade) as grade,
    {%- for column in ('title', 'action', 'owner', 'how_we_will_know') %}
    {{ filled('coalesce(own.' ~ column ~ ', general.' ~ column ~ ')', names) }} as {{ column }},
    {%- endfor %}
    plays.evidence,
    plays.source_table,
    plays.source_row
from (
    select
        {{ plays }}.*,
        coalesce(periods.next_quarter, 'the next quarter') as due
    from {{ plays }}
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
) as plays
left join {{ ref('dim_playbook') }} as own on plays.kind = own.kind and plays.situation = own.situation
left join {{ ref('dim_playbook') }} as general on plays.kind = general.kind and general.situation = '*'
{%- endmacro %}

{# A text with the words in braces replaced by the columns of these names. A brace inside a value is no brace of the text. #}
{% macro filled(template, words) -%}
    {%- set text = namespace(sql=template) -%}
    {%- for word in words -%}
        {%- set text.sql = "replace(" ~ text.sql ~ ", '{" ~ word ~ "}', coalesce(replace(plays." ~ word ~ ", '{', chr(1)), '{" ~ word ~ "}'))" -%}
    {%- endfor -%}
    replace({{ text.sql }}, chr(1), '{')
{%- endmacro %}

{# A rate as people read it, such as 74%; never 0% or 100% unless it is exactly that. As `winloss.figures.percent` rounds. #}
{% macro percent_text(rate) -%}
    {%- set whole = rounded_to_even('(' ~ rate ~ ') * 100') -%}
    case
        when ({{ rate }}) is null then 'n/a'
        when {{ whole }} = 100 and ({{ rate }}) < 1 then 'over 99%'
        when {{ whole }} = 0 and ({{ rate }}) > 0 then 'under 1%'
        else cast({{ whole }} as bigint) || '%'
    end
{%- endmacro %}

{# A number with two decimals, such as 0.75. #}
{% macro two_decimals(number) -%}
    cast(cast({{ number }} as decimal(18, 2)) as {{ dbt.type_string() }})
{%- endmacro %}
