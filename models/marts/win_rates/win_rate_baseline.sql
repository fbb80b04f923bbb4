-- One row per period: the win rate of all deals, with what was won and lost. Periods overlap and may not be added.
{%- set deals %}
    select
        periods.period,
        deals.*
    from {{ ref('fct_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where deals.is_in_population and deals.outcome != 'open'
{%- endset %}

with outcomes as (

    {{ outcome_cells(deals, ['period', 'outcome']) }}

),

-- a period without deals has a row as well
totals as (

    select
        periods.period,
        {{ deal_measures() }}
    from {{ ref('dim_periods') }} as periods
    left join outcomes on periods.period = outcomes.period
    group by periods.period

)

select
    periods.period,
    periods.first_quarter,
    periods.last_quarter,
    periods.population,
    totals.closed_deals,
    totals.won_deals,
    totals.lost_deals,
    totals.disqualified_deals,
    {{ rate_columns('totals.won_deals', 'totals.closed_deals', 'win_rate') }},
    periods.missing_reason,
    {{ value_columns('totals') }},
    periods.value_currency,
    periods.value_missing_reason
from {{ ref('dim_periods') }} as periods
inner join totals on periods.period = totals.period
