-- Where does price cost us more deals than in other segments?

select
    dimension,
    segment,
    lost_deals,
    segment_lost_deals,
    share,
    other_share,
    difference,
    difference_low,
    difference_high
from {{ ref('loss_reasons_by_dimension') }}
where period = 'window' and category = 'price' and segment != 'unknown'
order by difference desc nulls last, dimension, segment
limit 10
