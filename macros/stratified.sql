{# The difference of two win rates inside strata (Mantel and Haenszel 1959), with the variance of Sato (1989). First the sums, over rows that
   are strata: their deals, the won ones, and how many of both are exposed. Terms are summed as decimals: no order of rows shows in them. #}
{% macro stratified_sums(deals, won, exposed_deals, exposed_won) -%}
    {%- set n, n1, a = 'cast(' ~ deals ~ ' as double)', 'cast(' ~ exposed_deals ~ ' as double)', 'cast(' ~ exposed_won ~ ' as double)' -%}
    {%- set n0, b = '(' ~ n ~ ' - ' ~ exposed_deals ~ ')', '(' ~ won ~ ' - ' ~ a ~ ')' -%}
    {{ stratum_sum("%s * %s / %s" | format(n1, n0, n)) }} as weight,
        {{ stratum_sum("(%s * %s - %s * %s) / %s" | format(a, n0, b, n1, n)) }} as excess,
        {{ stratum_sum("(%s * %s * %s - %s * %s * %s + %s * %s * (%s - %s) / 2e0) / (%s * %s)" | format(n1, n1, b, n0, n0, a, n1, n0, n0, n1, n, n)) }} as sato_p,
        {{ stratum_sum("(%s * (%s - %s) + %s * (%s - %s)) / (2e0 * %s)" | format(a, n0, b, b, n1, a, n)) }} as sato_q
{%- endmacro %}

{% macro stratum_sum(term) -%}
    cast(sum(cast({{ term }} as decimal(38, 15))) as double)
{%- endmacro %}

{# Then, over columns of those names: exposed less not exposed, and the ends of its 95 % interval, wider where deals share an account or an owner.
   Null where no stratum has deals on both sides. #}
{% macro stratified_difference() -%}
    excess / nullif(weight, 0)
{%- endmacro %}

{% macro stratified_low(design='1e0') -%}
    {{ stratified_bound('-', design) }}
{%- endmacro %}

{% macro stratified_high(design='1e0') -%}
    {{ stratified_bound('+', design) }}
{%- endmacro %}

{% macro stratified_bound(sign, design) -%}
    (excess {{ sign }} 1.96e0 * sqrt(greatest(0e0, excess / nullif(weight, 0) * sato_p + sato_q) * {{ design }})) / nullif(weight, 0)
{%- endmacro %}

{# Three columns: that difference, and the ends of its interval. #}
{% macro stratified_columns(design, name) -%}
    {{ stratified_difference() }} as {{ name }},
        {{ stratified_low(design) }} as {{ name }}_low,
        {{ stratified_high(design) }} as {{ name }}_high
{%- endmacro %}
