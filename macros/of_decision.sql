{# What a deal adds to a sum over decisions: a value, or one, by the first line of a decision, and nothing by its further lines. #}
{% macro of_decision(value='1', line='decision_line') -%}
    case when {{ line }} > 1 then 0 else {{ value }} end
{%- endmacro %}
