-- One row per method x past quarter: what it would have advised from the quarters before, and how the deals of the quarter inside
-- and outside that advice fared. Quarters of one method add up. Intervals and the verdict are of decisions.

-- the method against the best segments of the past without any test, quarter by quarter
with beside_naive as (

    select
        ours.quarter,
        case
            when naive.inside_win_rate is null or ours.inside_win_rate is null then 'not judged'
            when round(naive.inside_win_rate - ours.inside_win_rate, 9) > 0 then 'better'
            when round(naive.inside_win_rate - ours.inside_win_rate, 9) < 0 then 'worse'
            else 'as good'
        end as naive_verdict
    from {{ ref('int_rated_backtest') }} as ours
    inner join {{ ref('int_rated_backtest') }} as naive on ours.quarter = naive.quarter and naive.method = 'naive'
    where ours.method = 'winloss'

),

summed as (

    select
        quarter,
        sum(case when naive_verdict != 'not judged' then 1 else 0 end) over (order by quarter) as judged_quarters,
        sum(case when naive_verdict = 'better' then 1 else 0 end) over (order by quarter) as naive_better_quarters,
        sum(case when naive_verdict = 'as good' then 1 else 0 end) over (order by quarter) as naive_as_good_quarters,
        sum(case when naive_verdict = 'worse' then 1 else 0 end) over (order by quarter) as naive_worse_quarters
    from beside_naive

)

select
    counted.*,
    -- moving `shift_points` of every 100 deals from outside to inside; advice for no one or for everybody moves none
    coalesce({{ setting('shift_points') | float }} * (counted.inside_win_rate - counted.outside_win_rate), 0e0) as extra_wins_per_100,
    cast(summed.judged_quarters as bigint) as judged_quarters,
    cast(summed.naive_better_quarters as bigint) as naive_better_quarters,
    cast(summed.naive_as_good_quarters as bigint) as naive_as_good_quarters,
    cast(summed.naive_worse_quarters as bigint) as naive_worse_quarters,
    periods.population
from {{ ref('int_rated_backtest') }} as counted
inner join {{ ref('dim_periods') }} as periods on periods.period = 'all'
left join summed on counted.method = 'winloss' and counted.quarter = summed.quarter
