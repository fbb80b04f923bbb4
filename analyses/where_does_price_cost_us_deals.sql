-- Where does price cost us more deals than elsewhere?

select
    dimension,
    segment,
    lost_deals,
    segment_lost_deals,
    share,
    rest_share,
    difference,
    difference_low,
    difference_high
from {{ ref('loss_reasons_by_dimension') }}
where period = 'window' and category = 'price' and segment != 'unknown'
order by difference desc nulls last, dimension, segment
limit 10
