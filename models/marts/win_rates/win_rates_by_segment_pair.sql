-- One row per period x pair of recommendable dimensions x their two segments, for pairs with enough closed deals in the
-- period (`pair_minimum_deals`) and both segments known. Pairs overlap and may not be added.
-- Made after the table of segments, not beside it, since the medians of each hold every value of their cells in memory.
-- depends_on: {{ ref('win_rates_by_dimension') }}

with rated as (

    select
        cells.*,
        baseline.population,
        baseline.value_missing_reason,
        baseline.win_rate as baseline_win_rate,
        baseline.closed_deals - cells.closed_deals as other_closed_deals,
        baseline.won_deals - cells.won_deals as other_won_deals,
        {{ rate_columns('cells.won_deals', 'cells.closed_deals', 'win_rate') }},
        {{ rate_columns('(baseline.won_deals - cells.won_deals)', '(baseline.closed_deals - cells.closed_deals)', 'other_win_rate') }}
    from {{ ref('int_segment_pair_cells') }} as cells
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
    {{ difference_columns('win_rate', 'other_win_rate', 'difference') }},
    {{ shrunken('won_deals', 'closed_deals', 'baseline_win_rate') }} as shrunken_win_rate,
    {{ value_columns('rated') }},
    value_missing_reason
from rated
