-- Where should the score threshold be, and how well does it do on deals that did not set it?

select
    score_threshold,
    cross_validated_accuracy,
    cross_validated_youden,
    in_sample_accuracy,
    majority_accuracy
from {{ ref('recommended_score_threshold') }}
