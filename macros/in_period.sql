{# Whether a closing day lies in the period joined as `periods`. Where no deal has a closed date, the window is all of them. #}
{% macro in_period(day) -%}
    (periods.has_undated_deals or ({{ day }} >= periods.starts_on and {{ day }} < periods.ends_before_on))
{%- endmacro %}
