-- Where does the qualification score separate won from lost best?
-- In sample: on new deals it will separate less well.

select
    score_threshold,
    accuracy,
    accuracy_low,
    accuracy_high,
    youden_j,
    true_positives,
    false_positives,
    false_negatives,
    true_negatives
from {{ ref('score_thresholds') }}
where period = 'window' and scored_deals > 0
order by accuracy desc, score_threshold
limit 5
