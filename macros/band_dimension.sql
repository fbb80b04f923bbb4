{# The dimension whose segments are the bands of a measure of the seed bands. #}
{% macro band_dimension(measure) -%}
    case {{ measure }} when 'annual_revenue' then 'revenue_band' when 'employees' then 'employee_band' when 'amount' then 'deal_size_band' end
{%- endmacro %}
