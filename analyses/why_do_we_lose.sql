-- Why do we lose, in the last quarter, and what share of the lost value goes to each reason, such as price?

select
    share_rank,
    label,
    lost_deals,
    share,
    share_low,
    share_high,
    lost_amount,
    lost_amount_share
from {{ ref('loss_reasons') }}
where period = 'quarter' and lost_deals > 0
order by share_rank
