-- What does moving the bar from today's place change?

select
    current_score_threshold,
    current_false_positives,
    current_false_negatives,
    score_threshold,
    in_sample_false_positives,
    in_sample_false_negatives
from {{ ref('recommended_score_threshold') }}
