{# What DuckDB and Spark say differently. docs/scale.md lists every dispatched macro with its reason, those beside the macros they serve
   (patterns, hooks, seeds) included. #}

{# Stops the build with a sentence. #}
{% macro fail(message) %}{{ return(adapter.dispatch('fail')(message)) }}{% endmacro %}
{% macro default__fail(message) %}error({{ message }}){% endmacro %}
{% macro spark__fail(message) %}raise_error({{ message }}){% endmacro %}

{# The distinct values of a group as one text, sorted, separated by `, `. #}
{% macro listed(expression, separator=', ') %}{{ return(adapter.dispatch('listed')(expression, separator)) }}{% endmacro %}
{% macro default__listed(expression, separator) %}string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }}){% endmacro %}
{% macro spark__listed(expression, separator) %}nullif(array_join(sort_array(collect_set({{ expression }})), '{{ separator }}'), ''){% endmacro %}

{# The texts of a group as one, in the order of another column. #}
{% macro listed_in_order(expression, order) %}{{ return(adapter.dispatch('listed_in_order')(expression, order)) }}{% endmacro %}
{% macro default__listed_in_order(expression, order) %}string_agg({{ expression }}, ';' order by {{ order }}){% endmacro %}
{% macro spark__listed_in_order(expression, order) %}array_join(transform(sort_array(collect_list(struct({{ order }} as place, {{ expression }} as listed))), one -> one.listed), ';'){% endmacro %}

{# All columns of a table but some. #}
{% macro all_but(table, columns) %}{{ return(adapter.dispatch('all_but')(table, columns)) }}{% endmacro %}
{% macro default__all_but(table, columns) %}{{ table }}.* exclude ({{ columns | join(', ') }}){% endmacro %}
{% macro spark__all_but(table, columns) %}{{ table }}.* except ({{ columns | join(', ') }}){% endmacro %}

{# Line of a seed's CSV file, the header being line 1. Only DuckDB keeps the order of a seed's rows. #}
{% macro seed_line() %}{{ return(adapter.dispatch('seed_line')()) }}{% endmacro %}
{% macro default__seed_line() %}cast(row_number() over () + 1 as bigint){% endmacro %}
{% macro spark__seed_line() %}cast(monotonically_increasing_id() + 2 as bigint){% endmacro %}

{# The nearest whole number, a half to the even one, as Python rounds. #}
{% macro rounded_to_even(number) %}{{ return(adapter.dispatch('rounded_to_even')(number)) }}{% endmacro %}
{% macro default__rounded_to_even(number) %}round_even({{ number }}, 0){% endmacro %}
{% macro spark__rounded_to_even(number) %}rint({{ number }}){% endmacro %}
