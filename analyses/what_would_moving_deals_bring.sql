-- What would moving deals to each recommended segment bring, per 100 opportunities?

select
    rank,
    segment_label,
    shift_points,
    extra_amount_per_100,
    extra_amount_per_100_low,
    extra_amount_per_100_high
from {{ ref('advice_values') }}
where extra_amount_per_100 is not null
order by rank
