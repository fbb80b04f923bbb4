{# Every closing day of `deals` with the periods it lies in: deals then meet their periods by equality, which engines do by
   hashing, where a comparison of dates makes them try every period for every deal. Deals without a date lie in `all` only. #}
{% macro periods_by_day(deals) -%}
    select periods.period, periods.population, days.closed_on
    from {{ ref('dim_periods') }} as periods
    inner join (select distinct closed_on from {{ deals }}) as days
        on periods.period = 'all'
        or (days.closed_on >= periods.starts_on and days.closed_on < periods.ends_before_on)
{%- endmacro %}
