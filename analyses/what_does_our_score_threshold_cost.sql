-- What does the score threshold we work by today cost us?

select
    score_thresholds.score_threshold,
    score_thresholds.pursued_share,
    score_thresholds.win_rate_above,
    score_thresholds.win_rate_below,
    score_thresholds.false_negatives as wins_given_up,
    score_thresholds.false_positives as pursued_in_vain,
    score_thresholds.accuracy
from {{ ref('score_thresholds') }} as score_thresholds
inner join {{ ref('recommended_score_threshold') }} as recommended
    on abs(score_thresholds.score_threshold - recommended.current_score_threshold) < 0.025
where score_thresholds.period = 'window'
