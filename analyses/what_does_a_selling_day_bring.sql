-- What does a selling day bring in each segment, compared with all other deals?

select
    dimension,
    segment,
    value_per_day,
    other_value_per_day,
    day_ratio,
    day_ratio_low,
    day_ratio_high
from {{ ref('segment_values') }}
order by day_ratio desc nulls last, dimension, segment
