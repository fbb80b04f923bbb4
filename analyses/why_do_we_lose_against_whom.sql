-- Why do we lose against whom?

select
    competitor,
    category,
    lost_deals,
    competitor_lost_deals,
    share,
    share_low,
    share_high
from {{ ref('competitor_loss_reasons') }}
where period = 'window'
order by competitor, lost_deals desc, category
