-- One row per quarter that has ended by the one under review: its counts, how many quarters back it lies, and where on the control chart
-- (Nelson 1984), seen from the last one. What lies where is said of deals and of decisions alike. Quarters may be added.

with decided as (

    select
        closed_quarter_starts_on as starts_on,
        cast(sum(is_won) as bigint) as won_decisions,
        sum(is_won) / nullif(count(*), 0) as decided_rate
    from {{ ref('fct_closed_deals') }}
    where decision_line = 1
    group by closed_quarter_starts_on

),

ended as (

    select
        quarters.*,
        decided.won_decisions,
        least(quarters.win_rate, decided.decided_rate) - quarters.center_line as lower,
        greatest(quarters.win_rate, decided.decided_rate) - quarters.center_line as upper,
        2 * sqrt(quarters.center_line * (1 - quarters.center_line) / nullif(quarters.decisions, 0)) as far_from
    from {{ ref('win_rates_by_quarter') }} as quarters
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter' and quarters.starts_on <= periods.starts_on
    left join decided on quarters.starts_on = decided.starts_on
    where not quarters.is_partial

),

-- on the center line there is no side
sided as (

    select
        *,
        case when lower > 0 then 1 when upper < 0 then -1 end as side
    from ended

)

select
    quarter,
    starts_on,
    closed_deals,
    won_deals,
    decisions,
    won_decisions,
    win_rate,
    row_number() over latest_first as quarters_back,
    first_value(quarter) over latest_first as latest_quarter,
    coalesce(side = first_value(side) over latest_first, false) as is_on_side_of_latest,
    coalesce(lower > far_from or upper < -far_from, false) as is_far
from sided
window latest_first as (order by starts_on desc)
