-- One row per quarter from the first close to the last, quarters without a close included: every one the export speaks of, and those of
-- mistyped years where deals stand in them.

with bounds as (

    select
        -- a deal closed before that has a mistyped year, and there is nothing to see between it and the others
        min(case when deals.closed_quarter_starts_on > {{ dbt.dateadd('month', -300, 'periods.as_of_on') }} then deals.closed_quarter_starts_on end)
            as first_starts_on,
        least(max(deals.closed_quarter_starts_on), max(periods.as_of_on)) as last_starts_on
    from {{ ref('fct_closed_deals') }} as deals
    cross join {{ ref('dim_periods') }} as periods

)

{% for quarter in fiscal_quarters() -%}
select cast('{{ quarter.starts_on }}' as date) as starts_on
from bounds
where cast('{{ quarter.starts_on }}' as date) between first_starts_on and last_starts_on
union
{% else -%}
select cast({{ dbt.dateadd('month', '(3 * numbers.number)', 'bounds.first_starts_on') }} as date) as starts_on
from bounds
inner join (select cast(id as integer) as number from range(102) as counted (id)) as numbers
    on {{ dbt.dateadd('month', '(3 * numbers.number)', 'bounds.first_starts_on') }} <= bounds.last_starts_on
union
{% endfor -%}
select closed_quarter_starts_on as starts_on
from {{ ref('fct_closed_deals') }}
where closed_quarter_starts_on is not null
