-- How much pipeline does it take to win one unit of value?

select
    dimension,
    segment,
    open_amount,
    expected_amount,
    amount_per_won_amount,
    value_missing_reason
from {{ ref('open_pipeline') }}
order by dimension != 'all', dimension, segment
