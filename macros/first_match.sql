{#- The priority of the first rule whose pattern the expression contains; null where none does. -#}
{% macro first_match(expression, rules) -%}
    {%- if not rules -%}cast(null as integer){%- else -%}
    case
        {%- for rule in rules %}
        when {{ matches(expression, rule['pattern']) }} then {{ rule['priority'] }}
        {%- endfor %}
    end
    {%- endif -%}
{%- endmacro %}

{#- Items of a list of texts: the priority of each rule whose pattern `words` contains. -#}
{% macro matching_priorities(rules) -%}
    {%- for rule in rules %}, case when {{ matches('words', rule['pattern']) }} then '{{ rule['priority'] }}' end{% endfor -%}
{%- endmacro %}
