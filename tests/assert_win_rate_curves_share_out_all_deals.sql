-- Detects a curve whose shares of deals won, lost and open are not all deals, or that falls back: what is won stays won.
-- Chances of open deals, ends of cohorts and the pace of segments are all read off these curves.
-- A returned row is an age at which a curve is wrong.

with steps as (

    select
        period,
        dimension,
        segment,
        age_days,
        won_share,
        lost_share,
        open_share,
        lag(won_share) over by_age as won_before,
        lag(lost_share) over by_age as lost_before,
        lag(open_share) over by_age as open_before
    from {{ ref('int_win_curve_steps') }}
    window by_age as (partition by period, dimension, segment order by age_days)

),

weeks as (

    select
        period,
        dimension,
        segment,
        7 * age_weeks as age_days,
        won_share,
        lost_share,
        open_share,
        lag(won_share) over by_age as won_before,
        lag(lost_share) over by_age as lost_before,
        lag(open_share) over by_age as open_before
    from {{ ref('win_rate_curves') }}
    where missing_reason is null
    window by_age as (partition by period, dimension, segment order by age_weeks)

)

select *
from (
    select * from steps
    union all
    select * from weeks
) as curves
where
    abs(won_share + lost_share + open_share - 1) > 1e-9
    or coalesce(won_share < won_before - 1e-9, false)
    or coalesce(lost_share < lost_before - 1e-9, false)
    or coalesce(open_share > open_before + 1e-9, false)
    or won_share is null
