{# The value a deal has in the dimension that a column names. #}
{% macro dimension_value(attribute, deals) -%}
    case {{ attribute }}
        {%- for dimension in dimensions() %} when '{{ dimension.name }}' then {{ deals }}.{{ dimension.column }}{% endfor %} end
{%- endmacro %}
