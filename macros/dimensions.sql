{# The list of dimensions: those of the setting, then the columns a mapping adds.
   Each has a name (as answers show it), a column of fct_deals, and whether it may become a recommendation:
   `focus_dimensions` keeps only some of the recommendable ones. #}
{% macro dimensions() %}
    {%- set listed = [] -%}
    {%- set focus = setting('focus_dimensions') -%}
    {%- for dimension in setting('dimensions') -%}
        {%- do listed.append({'name': dimension.name, 'column': dimension.name, 'recommendable': dimension.recommendable and (not focus or dimension.name in focus)}) -%}
    {%- endfor -%}
    {%- for name in extra_dimensions() -%}
        {%- do listed.append({'name': name, 'column': 'extra_' ~ loop.index, 'recommendable': not focus or name in focus}) -%}
    {%- endfor -%}
    {{ return(listed) }}
{% endmacro %}
