{# The value a deal has in the dimension that a column names. #}
{% macro dimension_value(dimension, deals) -%}
    case {{ dimension }}
        {%- for dimension in dimensions() %} when '{{ dimension.name }}' then {{ deals }}.{{ dimension.name }}{% endfor %} end
{%- endmacro %}
