{# The dimension whose segments are the bands of a measure of the seed bands. #}
{% macro band_dimension(measure) -%}
    case {{ measure }} when 'annual_revenue' then 'revenue_band' when 'employees' then 'employee_band' when 'amount' then 'deal_size_band' end
{%- endmacro %}

{# Joins the band that a value lies in; nothing and less lies in none. #}
{% macro join_band(bands, measure, value) -%}
    left join {{ ref('bands') }} as {{ bands }}
    on {{ bands }}.measure = '{{ measure }}'
    and {{ value }} > 0
    and {{ value }} >= {{ bands }}.from_value
    and ({{ value }} < {{ bands }}.below_value or {{ bands }}.below_value is null)
{%- endmacro %}
