-- One row: whether the win rate rose or fell steadily over the last quarters that have ended, or shifted to one side of its average. Runs are
-- judged as on a control chart (Nelson 1984).

select
    periods.period,
    cast(coalesce(scores.quarters, 0) as bigint) as quarters,
    scores.first_quarter,
    scores.last_quarter,
    scores.first_win_rate,
    scores.last_win_rate,
    scores.z,
    case
        when scores.z is null then 'too few deals'
        when abs(scores.z) > {{ setting('win_rate_claim_z') | float }} then 'strong'
        when abs(scores.z) > 1.959964 then 'directional'
        else 'no difference'
    end as grade,
    cast(scores.run_quarters as bigint) as run_quarters,
    -- eight quarters on one side of the average, or two of three beyond two standard errors
    coalesce(scores.run_quarters >= 8 or scores.far_quarters >= 2, false) as is_shift,
    periods.population
from {{ ref('dim_periods') }} as periods
left join {{ ref('int_trend_scores') }} as scores on true
where periods.period = 'quarter'
