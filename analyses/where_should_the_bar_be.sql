-- Where should the qualification bar be, and how well does it do on deals that did not set it?

select
    cut_off,
    cross_validated_accuracy,
    cross_validated_youden,
    in_sample_accuracy,
    majority_accuracy
from {{ ref('qualification_threshold') }}
