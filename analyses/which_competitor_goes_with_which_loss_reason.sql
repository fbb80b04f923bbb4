-- Which loss reason goes with which competitor?

select
    segment as competitor,
    category,
    lost_deals,
    segment_lost_deals,
    share,
    other_share
from {{ ref('loss_reasons_by_dimension') }}
where period = 'window' and dimension = 'competitor' and segment != 'unknown'
order by competitor, lost_deals desc, category
