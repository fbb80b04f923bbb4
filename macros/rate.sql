{# A share between 0 and 1; null, never an error or infinity, when there is nothing to divide by. #}
{% macro rate(part, whole) -%}
    cast({{ part }} as double) / nullif({{ whole }}, 0)
{%- endmacro %}

{# A rate, or an amount per deal, drawn to that of all deals as if `shrinkage_deals` more deals were like all: of few deals it says little. #}
{% macro shrunken(part, whole, of_all) -%}
    ({{ part }} + {{ setting('shrinkage_deals') | float }} * {{ of_all }}) / nullif({{ whole }} + {{ setting('shrinkage_deals') | float }}, 0)
{%- endmacro %}
