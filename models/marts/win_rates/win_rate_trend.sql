{%- set quarters = setting('trend_quarters') | int -%}
-- One row: whether the win rate rose or fell steadily over the last quarters that have ended. Z is that of the score test for a trend in
-- proportions (Cochran 1954, Armitage 1955), weighted by deals; runs are judged as on a control chart (Nelson 1984).

with ended as (

    select
        quarters.*,
        row_number() over (order by quarters.starts_on desc) as quarters_back,
        -row_number() over (order by quarters.starts_on desc) as place,
        sign(quarters.win_rate - quarters.center_line) as side,
        abs(quarters.win_rate - quarters.center_line)
        > 2 * sqrt(quarters.center_line * (1 - quarters.center_line) / nullif(quarters.closed_deals, 0)) as is_far
    from {{ ref('win_rates_by_quarter') }} as quarters
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter' and quarters.starts_on <= periods.starts_on
    where not quarters.is_partial

),

latest as (

    select
        side,
        quarter
    from ended
    where quarters_back = 1

),

summed as (

    select
        count(case when ended.closed_deals > 0 then 1 end) as quarters,
        min_by(ended.quarter, ended.starts_on) as first_quarter,
        max(latest.quarter) as last_quarter,
        min_by(ended.win_rate, ended.starts_on) as first_win_rate,
        max_by(ended.win_rate, ended.starts_on) as last_win_rate,
        sum(ended.closed_deals) as closed_deals,
        sum(ended.won_deals) / cast(nullif(sum(ended.closed_deals), 0) as double) as win_rate,
        sum(cast(ended.won_deals * ended.place as double)) as won_places,
        sum(cast(ended.closed_deals * ended.place as double)) as places,
        sum(cast(ended.closed_deals * ended.place * ended.place as double)) as squared_places,
        coalesce(min(case when ended.side is distinct from latest.side or latest.side = 0 then ended.quarters_back end) - 1, count(*)) as run_quarters,
        sum(case when ended.quarters_back <= 3 and ended.is_far and ended.side = latest.side then 1 else 0 end) as far_quarters
    from ended
    cross join latest
    where ended.quarters_back <= {{ quarters }} and ended.closed_deals > 0

),

tested as (

    select
        *,
        (won_places - win_rate * places)
        / nullif(sqrt(greatest(win_rate * (1 - win_rate) * (squared_places - power(places, 2) / closed_deals), 0e0)), 0) as z
    from summed

)

select
    periods.period,
    cast(coalesce(tested.quarters, 0) as bigint) as quarters,
    tested.first_quarter,
    tested.last_quarter,
    tested.first_win_rate,
    tested.last_win_rate,
    case when tested.quarters >= {{ setting('alert_control_quarters') | int }} then round(tested.z, 6) end as z,
    case
        when tested.quarters is null or tested.quarters < {{ setting('alert_control_quarters') | int }} or tested.z is null then 'too few deals'
        when abs(tested.z) > 1.959964 then 'strong'
        when abs(tested.z) >= 1.281552 then 'directional'
        else 'no difference'
    end as grade,
    cast(tested.run_quarters as bigint) as run_quarters,
    -- eight quarters on one side of the average, or two of three beyond two standard errors
    coalesce(tested.run_quarters >= 8 or tested.far_quarters >= 2, false) as is_shift,
    periods.population
from {{ ref('dim_periods') }} as periods
left join tested on true
where periods.period = 'quarter'
