{# A share between 0 and 1; null, never an error or infinity, when there is nothing to divide by. #}
{% macro rate(part, whole) -%}
    cast({{ part }} as double) / nullif({{ whole }}, 0)
{%- endmacro %}
