{%- set recommendable = dimensions() | selectattr('recommendable') | list -%}
{%- set pairs = [] -%}
{%- for first in recommendable -%}
{%- for second in recommendable[loop.index:] -%}
{%- do pairs.append((first, second)) -%}
{%- endfor -%}
{%- endfor -%}
{#- one dimension alone has no pairs: this one compares nothing, and keeps the table's shape -#}
{%- if not pairs %}{% do pairs.append(({'name': ''}, {'name': ''})) %}{% endif -%}
{#- written out in each branch: an engine would first store what several branches read from one place -#}
{%- set reviewed_deals -%}
        select
            periods.period,
            deals.outcome,
            deals.amount,
            deals.cycle_days
{%- for dimension in recommendable %},
            deals.{{ dimension.name }}
{%- endfor %}
        from {{ ref('fct_deals') }} as deals
        inner join ({{ periods_by_day(ref('fct_deals')) }}) as periods
            on deals.closed_on is not distinct from periods.closed_on
        where deals.is_in_population and deals.outcome != 'open'
{%- endset -%}
-- One row per period x pair of recommendable dimensions x their two segments, for pairs with enough closed deals in the
-- period (`pair_minimum_deals`) and both segments known. Pairs overlap and may not be added.
-- Made after the table of segments, not beside it, since the medians of each hold every value of their cells in memory.
-- depends_on: {{ ref('win_rates_by_dimension') }}

with outcomes as (

    {% for first, second in pairs -%}
    {%- set first_column, second_column = first.name or "'unknown'", second.name or "'unknown'" -%}
    select
        period,
        '{{ first.name }}' as dimension,
        {{ first_column }} as segment,
        '{{ second.name }}' as second_dimension,
        {{ second_column }} as second_segment,
        outcome,
        {{ outcome_measures() }}
    from (
        {{ reviewed_deals }}
    ) as reviewed_deals
    where {{ first_column }} != 'unknown' and {{ second_column }} != 'unknown'
    group by period, {{ first_column }}, {{ second_column }}, outcome
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

cells as (

    select
        period,
        dimension,
        segment,
        second_dimension,
        second_segment,
        {{ deal_measures() }}
    from outcomes
    group by period, dimension, segment, second_dimension, second_segment

),

rated as (

    select
        cells.*,
        baseline.population,
        baseline.value_missing_reason,
        baseline.win_rate as baseline_win_rate,
        baseline.closed_deals - cells.closed_deals as other_closed_deals,
        baseline.won_deals - cells.won_deals as other_won_deals,
        power(cells.closed_amount, 2) / nullif(cells.squared_amount, 0) as value_effective_deals,
        {{ rate('cells.won_deals', 'cells.closed_deals') }} as win_rate,
        {{ wilson_low('cells.won_deals', 'cells.closed_deals') }} as win_rate_low,
        {{ wilson_high('cells.won_deals', 'cells.closed_deals') }} as win_rate_high,
        {{ rate('(baseline.won_deals - cells.won_deals)', '(baseline.closed_deals - cells.closed_deals)') }} as other_win_rate,
        {{ wilson_low('(baseline.won_deals - cells.won_deals)', '(baseline.closed_deals - cells.closed_deals)') }} as other_win_rate_low,
        {{ wilson_high('(baseline.won_deals - cells.won_deals)', '(baseline.closed_deals - cells.closed_deals)') }} as other_win_rate_high
    from cells
    inner join {{ ref('win_rate_baseline') }} as baseline on cells.period = baseline.period
    where cells.closed_deals >= {{ setting('pair_minimum_deals') | int }}

)

select
    period,
    dimension,
    segment,
    second_dimension,
    second_segment,
    population,
    closed_deals,
    won_deals,
    lost_deals,
    disqualified_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    other_closed_deals,
    other_won_deals,
    other_win_rate,
    win_rate - other_win_rate as difference,
    {{ newcombe_low('win_rate', 'win_rate_low', 'other_win_rate', 'other_win_rate_high') }} as difference_low,
    {{ newcombe_high('win_rate', 'win_rate_high', 'other_win_rate', 'other_win_rate_low') }} as difference_high,
    (won_deals + {{ setting('shrinkage_deals') | float }} * baseline_win_rate) / (closed_deals + {{ setting('shrinkage_deals') | float }}) as shrunken_win_rate,
    won_amount,
    lost_amount,
    {{ rate('coalesce(won_amount, 0)', 'closed_amount') }} as value_win_rate,
    value_effective_deals,
    {{ wilson_low('value_effective_deals * coalesce(won_amount, 0) / nullif(closed_amount, 0)', 'value_effective_deals') }} as value_win_rate_low,
    {{ wilson_high('value_effective_deals * coalesce(won_amount, 0) / nullif(closed_amount, 0)', 'value_effective_deals') }} as value_win_rate_high,
    mean_won_amount,
    mean_lost_amount,
    median_won_amount,
    median_lost_amount,
    mean_won_cycle_days,
    mean_lost_cycle_days,
    median_won_cycle_days,
    median_lost_cycle_days,
    value_missing_reason
from rated
