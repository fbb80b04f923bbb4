{#- Replaces every match of the pattern. The replacement calls groups \1 and \2, as RE2 does; Java calls them $1 and $2. -#}
{% macro replace_pattern(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_pattern')(expression, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_pattern(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, {{ pattern_literal(pattern) }}, {{ pattern_literal(replacement) }}, 'g')
{%- endmacro %}

{% macro spark__replace_pattern(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, {{ pattern_literal(pattern) }}, {{ pattern_literal(replacement | replace("\\", "$")) }})
{%- endmacro %}

{#- Picklists written by programmers: TooExpensive becomes Too Expensive. Not for job titles, where DevOps is one word. -#}
{% macro split_camel_case(expression) -%}
    {{ return(replace_pattern(expression, '([a-z])([A-Z])', '\\1 \\2')) }}
{%- endmacro %}
