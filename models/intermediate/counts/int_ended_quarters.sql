-- One row per quarter that has ended by the one under review: its counts, how many quarters back it lies, and where on the control chart
-- (Nelson 1984), seen from the last one. Quarters may be added.

with ended as (

    select
        quarters.*,
        sign(quarters.win_rate - quarters.center_line) as side,
        abs(quarters.win_rate - quarters.center_line)
        > 2 * sqrt(quarters.center_line * (1 - quarters.center_line) / nullif(quarters.decisions, 0)) as is_far
    from {{ ref('win_rates_by_quarter') }} as quarters
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter' and quarters.starts_on <= periods.starts_on
    where not quarters.is_partial

)

select
    quarter,
    starts_on,
    closed_deals,
    won_deals,
    decisions,
    win_rate,
    row_number() over latest_first as quarters_back,
    first_value(quarter) over latest_first as latest_quarter,
    -- on the center line there is no side
    coalesce(side != 0 and side = first_value(side) over latest_first, false) as is_on_side_of_latest,
    coalesce(is_far, false) as is_far
from ended
window latest_first as (order by starts_on desc)
