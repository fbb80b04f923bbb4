-- Against whom does price cost us more deals than against others?

select
    competitor,
    lost_deals,
    competitor_lost_deals,
    share,
    other_share,
    difference,
    difference_low,
    difference_high
from {{ ref('competitor_loss_reasons') }}
where period = 'window' and category = 'price'
order by difference desc, competitor
