{#- One row per part of a list held in one text. Stands alone in a select list; the other columns repeat. -#}
{% macro split_to_rows(expression, separator) -%}
    {{ return(adapter.dispatch('split_to_rows')(expression, separator)) }}
{%- endmacro %}

{% macro default__split_to_rows(expression, separator) -%}
    unnest(string_split_regex({{ expression }}, {{ pattern_literal(separator) }}))
{%- endmacro %}

{% macro spark__split_to_rows(expression, separator) -%}
    explode(split({{ expression }}, {{ pattern_literal(separator) }}))
{%- endmacro %}
