-- What does moving the bar from today's place change?

select
    current_cut_off,
    current_false_positives,
    current_false_negatives,
    cut_off,
    in_sample_false_positives,
    in_sample_false_negatives
from {{ ref('qualification_threshold') }}
