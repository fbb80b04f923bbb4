{# First day of the fiscal quarter a date lies in; the fiscal year starts on the first of `fiscal_year_start_month`. #}
{% macro quarter_start(date_column) -%}
    {%- set shift = (setting('fiscal_year_start_month') | int - 1) % 3 -%}
    {%- if shift == 0 -%}
    cast(date_trunc('quarter', {{ date_column }}) as date)
    {%- else -%}
    cast({{ dbt.dateadd('month', shift, "date_trunc('quarter', " ~ dbt.dateadd('month', -shift, date_column) ~ ")") }} as date)
    {%- endif -%}
{%- endmacro %}

{# Name of the quarter that starts on a date: 2025-Q4, or FY2026-Q1 where the fiscal year does not start in January. #}
{% macro quarter_name(start_column) -%}
    {%- set month = setting('fiscal_year_start_month') | int -%}
    {%- if month == 1 -%}
    cast(extract(year from {{ start_column }}) as {{ dbt.type_string() }}) || '-Q' || cast(extract(quarter from {{ start_column }}) as {{ dbt.type_string() }})
    {%- else -%}
    'FY' || cast(extract(year from {{ start_column }}) + case when extract(month from {{ start_column }}) >= {{ month }} then 1 else 0 end as {{ dbt.type_string() }})
        || '-Q' || cast(cast(floor((extract(month from {{ start_column }}) + {{ 12 - month }}) % 12 / 3e0) + 1 as integer) as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}
