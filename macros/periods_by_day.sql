{# Every closing day of `deals` with the periods it lies in: deals then meet their periods by equality, which engines do by
   hashing, where a comparison of dates makes them try every period for every deal. Deals without a date lie in
   `all`, and in the window where no deal has one. #}
{% macro periods_by_day(deals) -%}
    select periods.period, periods.population, days.closed_on
    from {{ ref('dim_periods') }} as periods
    inner join (select distinct closed_on from {{ deals }}) as days
        on periods.period = 'all'
        or {{ in_period('days.closed_on') }}
{%- endmacro %}
