{# Wilson score interval (Wilson 1927) of successes in trials; null without trials. Trials may be an effective number. #}
{% macro wilson_low(successes, trials, z='1.959963984540054e0') -%}
    case when {{ trials }} > 0 then greatest(0e0, {{ wilson_bound(successes, trials, z, '-') }}) end
{%- endmacro %}

{% macro wilson_high(successes, trials, z='1.959963984540054e0') -%}
    case when {{ trials }} > 0 then least(1e0, {{ wilson_bound(successes, trials, z, '+') }}) end
{%- endmacro %}

{% macro wilson_bound(successes, trials, z, sign) -%}
    (
        (cast({{ successes }} as double) + {{ z }} * {{ z }} / 2e0) {{ sign }} {{ z }} * sqrt(
            greatest(0e0, cast({{ successes }} as double) * (cast({{ trials }} as double) - {{ successes }}) / {{ trials }})
            + {{ z }} * {{ z }} / 4e0
        )
    ) / (cast({{ trials }} as double) + {{ z }} * {{ z }})
{%- endmacro %}

{# Newcombe's hybrid score interval (Newcombe 1998, method 10) of rate - other_rate, from both rates and their Wilson bounds. #}
{% macro newcombe_low(rate, low, other_rate, other_high) -%}
    ({{ rate }} - {{ other_rate }} - sqrt(power({{ rate }} - {{ low }}, 2) + power({{ other_high }} - {{ other_rate }}, 2)))
{%- endmacro %}

{% macro newcombe_high(rate, high, other_rate, other_low) -%}
    ({{ rate }} - {{ other_rate }} + sqrt(power({{ high }} - {{ rate }}, 2) + power({{ other_rate }} - {{ other_low }}, 2)))
{%- endmacro %}

{# Two-sided p of a standard normal z, to seven places (Abramowitz and Stegun 1964, 26.2.17): DuckDB and Spark have no normal distribution. #}
{% macro two_sided_p(z) -%}
    {%- set t = '(1e0 / (1e0 + 2.316419e-1 * abs(' ~ z ~ ')))' -%}
    least(1e0, exp(-power({{ z }}, 2) / 2e0) * 7.978845608028654e-1 * {{ t }} * (
        3.19381530e-1 + {{ t }} * (-3.56563782e-1 + {{ t }} * (1.781477937e0 + {{ t }} * (-1.821255978e0 + {{ t }} * 1.330274429e0)))
    ))
{%- endmacro %}

{# Two columns: the ends of the interval of a rate, which has that name. #}
{% macro wilson_columns(part, whole, name, z='1.959963984540054e0') -%}
    {{ wilson_low(part, whole, z) }} as {{ name }}_low,
        {{ wilson_high(part, whole, z) }} as {{ name }}_high
{%- endmacro %}

{# Three columns: a rate of counts, and the ends of its 95 % interval. #}
{% macro rate_columns(part, whole, name) -%}
    {{ rate(part, whole) }} as {{ name }},
        {{ wilson_columns(part, whole, name) }}
{%- endmacro %}

{# The same of deals, the interval as of so many decisions, so that the lines of one narrow none. #}
{% macro decided_rate_columns(part, whole, decisions, name) -%}
    {{ rate(part, whole) }} as {{ name }},
        {{ wilson_columns('(cast(' ~ part ~ ' as double) * ' ~ decisions ~ ' / nullif(' ~ whole ~ ', 0))', decisions, name) }}
{%- endmacro %}

{# Three columns: how far apart two such rates are, and the ends of the 95 % interval of that. #}
{% macro difference_columns(rate, other_rate, name) -%}
    {{ rate }} - {{ other_rate }} as {{ name }},
        {{ newcombe_low(rate, rate ~ '_low', other_rate, other_rate ~ '_high') }} as {{ name }}_low,
        {{ newcombe_high(rate, rate ~ '_high', other_rate, other_rate ~ '_low') }} as {{ name }}_high
{%- endmacro %}
