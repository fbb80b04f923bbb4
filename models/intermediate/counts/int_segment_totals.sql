-- One row per quarter of the close x dimension x segment with a closed deal: its deals by how they ended, with their values and cycles. Deals
-- closed without a date stand under no quarter. Dimensions overlap and may not be added.

select
    starts_on,
    dimension,
    segment,
    coalesce(sum(deals) filter (where outcome = 'won'), 0) as won_deals,
    coalesce(sum(deals) filter (where outcome = 'lost'), 0) as lost_deals,
    coalesce(sum(deals) filter (where outcome = 'disqualified'), 0) as disqualified_deals,
    cast(sum(amount) filter (where outcome = 'won') as double) as won_amount,
    cast(sum(amount) filter (where outcome = 'lost') as double) as lost_amount,
    coalesce(sum(valued_deals) filter (where outcome = 'won'), 0) as valued_won_deals,
    coalesce(sum(valued_deals) filter (where outcome = 'lost'), 0) as valued_lost_deals,
    sum(cycle_days) filter (where outcome = 'won') as won_cycle_days,
    sum(cycle_days) filter (where outcome = 'lost') as lost_cycle_days,
    coalesce(sum(timed_deals) filter (where outcome = 'won'), 0) as timed_won_deals,
    coalesce(sum(timed_deals) filter (where outcome = 'lost'), 0) as timed_lost_deals
from {{ ref('int_segment_endings') }}
group by starts_on, dimension, segment
