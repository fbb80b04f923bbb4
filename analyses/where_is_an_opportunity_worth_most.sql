-- Where is an opportunity worth most, won or not?

select
    dimension,
    segment,
    closed_deals,
    value_per_deal,
    value_ratio,
    value_ratio_low,
    value_ratio_high,
    value_verdict
from {{ ref('segment_values') }}
order by value_ratio desc nulls last, dimension, segment
