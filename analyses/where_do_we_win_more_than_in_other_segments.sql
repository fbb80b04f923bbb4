-- Where do we win more often than in other segments?
-- Each interval is of one comparison: of twenty segments that do not differ, one will look as if it did.

select
    dimension,
    segment,
    closed_deals,
    win_rate,
    other_win_rate,
    difference,
    difference_low,
    difference_high
from {{ ref('win_rates_by_dimension') }}
where
    period = 'window'
    and is_recommendable
    and not has_few_deals
    and segment != 'unknown'
    and difference_low > 0
order by difference desc, dimension, segment
