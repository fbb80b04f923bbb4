{# Whether the row of a competitor named on a deal is the first of its vendors: counted so, each deal that names a vendor counts once. #}
{% macro is_first_vendor() -%}
    competitors.kind = 'vendor' and row_number() over (
        partition by competitors.deal_key, competitors.kind order by competitors.competitor
    ) = 1
{%- endmacro %}
