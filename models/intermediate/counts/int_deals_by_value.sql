{%- set measures = {'amount': 'cast(amount as double)', 'cycle_days': 'cast(cycle_days as double)'} -%}
-- One row per period x measure of a closed deal x value of it: how many deals share it. Periods overlap and may not be added.

with values_by_day as (

    {% for measure, value in measures.items() -%}
    select closed_on, outcome || '_{{ measure }}' as measure, {{ value }} as value, count(*) as deals
    from {{ ref('fct_closed_deals') }}
    where {{ measure }} is not null
    group by closed_on, outcome, {{ value }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    periods.period,
    periods.population,
    by_day.measure,
    by_day.value,
    sum(by_day.deals) as deals
from values_by_day as by_day
inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
    on by_day.closed_on is not distinct from periods.closed_on
group by periods.period, periods.population, by_day.measure, by_day.value
