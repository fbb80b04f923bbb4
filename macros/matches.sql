{#- True where the expression contains the pattern. Patterns are written for RE2 and for Java alike. -#}
{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches')(expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, {{ pattern_literal(pattern) }})
{%- endmacro %}

{% macro spark__matches(expression, pattern) -%}
    {{ expression }} rlike {{ pattern_literal(pattern) }}
{%- endmacro %}

{#- A pattern as a literal of the engine: Spark reads escapes inside literals, and would eat every backslash. -#}
{% macro pattern_literal(pattern) -%}
    {{ return(adapter.dispatch('pattern_literal')(pattern)) }}
{%- endmacro %}

{% macro default__pattern_literal(pattern) -%}
    '{{ pattern | replace("'", "''") }}'
{%- endmacro %}

{% macro spark__pattern_literal(pattern) -%}
    '{{ pattern | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{#- False where a column holds something that is not a pattern. Spark cannot ask; there the model itself fails. -#}
{% macro is_pattern(column) -%}
    {{ return(adapter.dispatch('is_pattern')(column)) }}
{%- endmacro %}

{% macro default__is_pattern(column) -%}
    try(regexp_matches('', {{ column }})) is not null
{%- endmacro %}

{% macro spark__is_pattern(column) -%}
    {{ column }} is not null
{%- endmacro %}
