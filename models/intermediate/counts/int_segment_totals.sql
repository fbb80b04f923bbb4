-- One row per quarter of the close x dimension x segment with a closed deal: its deals by how they ended, with their values and cycles. Deals
-- closed without a date stand under no quarter. Dimensions overlap and may not be added.

select
    {{ quarter_start('closed_on') }} as starts_on,
    dimension,
    segment,
    count(*) filter (where outcome = 'won') as won_deals,
    count(*) filter (where outcome = 'lost') as lost_deals,
    count(*) filter (where outcome = 'disqualified') as disqualified_deals,
    cast(sum(amount) filter (where outcome = 'won') as double) as won_amount,
    cast(sum(amount) filter (where outcome = 'lost') as double) as lost_amount,
    count(amount) filter (where outcome = 'won') as valued_won_deals,
    count(amount) filter (where outcome = 'lost') as valued_lost_deals,
    sum(cycle_days) filter (where outcome = 'won') as won_cycle_days,
    sum(cycle_days) filter (where outcome = 'lost') as lost_cycle_days,
    count(cycle_days) filter (where outcome = 'won') as timed_won_deals,
    count(cycle_days) filter (where outcome = 'lost') as timed_lost_deals
from {{ ref('fct_deal_segments') }}
group by all
