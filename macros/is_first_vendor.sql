{# True in one row of each period and deal that names a vendor: of `deals` joined with `competitors` and `periods`. #}
{% macro is_first_vendor() -%}
    competitors.kind = 'vendor' and row_number() over (
        partition by periods.period, deals.deal_key, competitors.kind order by competitors.competitor
    ) = 1
{%- endmacro %}
