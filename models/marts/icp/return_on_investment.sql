-- One row: what following the first recommendation would be worth on the user's own quota, margin and cost, with the interval of its
-- lift. It assumes that moved deals are as large as the others and cost as much to work.

with recommended as (

    select
        *,
        row_number() over (order by best_bet, rank) as place
    from {{ ref('icp_recommendations') }}
    where (action = 'target_more' or best_bet) and not is_remainder

),

stated as (

    select
        nullif(cast({{ setting('quota_amount') }} as double), 0) as quota_amount,
        nullif(cast({{ setting('gross_margin') }} as double), 0) as gross_margin,
        cast({{ setting('programme_cost') }} as double) as programme_cost

),

valued as (

    select
        recommended.segment_label,
        recommended.grade,
        recommended.shift_points,
        recommended.extra_wins_per_100,
        recommended.extra_wins_low,
        recommended.extra_wins_high,
        stated.*,
        baseline.period,
        baseline.population,
        100e0 * baseline.win_rate as wins_per_100,
        recommended.extra_wins_per_100 / nullif(100e0 * baseline.win_rate, 0) as relative_gain,
        recommended.extra_wins_low / nullif(100e0 * baseline.win_rate, 0) as relative_gain_low,
        recommended.extra_wins_high / nullif(100e0 * baseline.win_rate, 0) as relative_gain_high
    from {{ ref('win_rate_baseline') }} as baseline
    cross join stated
    left join recommended on recommended.place = 1
    where baseline.period = 'window'

)

select
    period,
    segment_label,
    grade,
    shift_points,
    wins_per_100,
    extra_wins_per_100,
    extra_wins_low,
    extra_wins_high,
    quota_amount,
    gross_margin,
    programme_cost,
    quota_amount * relative_gain as revenue_gain,
    quota_amount * relative_gain_low as revenue_gain_low,
    quota_amount * relative_gain_high as revenue_gain_high,
    quota_amount * relative_gain * gross_margin - programme_cost as net_gain,
    quota_amount * relative_gain_low * gross_margin - programme_cost as net_gain_low,
    quota_amount * relative_gain_high * gross_margin - programme_cost as net_gain_high,
    population,
    case
        when segment_label is null then 'no segment is recommended'
        when wins_per_100 is null or wins_per_100 = 0 then 'no deal was won in the window'
        when quota_amount is null then 'the setting quota_amount is not set'
    end as missing_reason
from valued
