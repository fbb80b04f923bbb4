{# Two columns of rows grouped by sets, at most one of which each of `names` is in: the name of the dimension that cuts the row, and its
   segment; of a row of several, the first listed. `whole` are the two words for a row that none of them cuts, null where it has none. #}
{% macro cut_columns(names, table='', prefix='', whole=none) -%}
    case when 1 = 0 then {{ absent() }}{% for name in names %} when grouping({{ table }}{{ name }}) = 0 then '{{ name }}'{% endfor %}
        {%- if whole %} else '{{ whole[0] }}'{% endif %} end as {{ prefix }}dimension,
    case when 1 = 0 then {{ absent() }}{% for name in names %} when grouping({{ table }}{{ name }}) = 0 then {{ table }}{{ name }}{% endfor %}
        {%- if whole %} else '{{ whole[1] }}'{% endif %} end as {{ prefix }}segment
{%- endmacro %}

{# The sets of such a grouping, after one of the keys alone where `has_whole`: the keys with each of `cuts`, which are names or pairs of names. #}
{% macro cut_sets(cuts, keys, table='', has_whole=true) -%}
    {%- set sets = ['(' ~ keys ~ ')'] if has_whole or not cuts else [] -%}
    {%- for cut in cuts -%}
        {%- set columns = [] -%}
        {%- for name in ([cut] if cut is string else cut) -%}{%- do columns.append(table ~ name) -%}{%- endfor -%}
        {%- do sets.append('(' ~ ([keys] if keys else []) | join ~ (', ' if keys else '') ~ columns | join(', ') ~ ')') -%}
    {%- endfor -%}
    {{ sets | join(', ') }}
{%- endmacro %}

{# Every two of some names, in their order. #}
{% macro pairs_of(names) -%}
    {%- set pairs = [] -%}
    {%- for first in names -%}
        {%- for second in names[loop.index:] -%}{%- do pairs.append((first, second)) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}
