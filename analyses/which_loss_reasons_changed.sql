-- Which loss reasons became commoner or rarer since the previous quarter?

select
    label,
    lost_deals,
    previous_lost_deals,
    share,
    previous_share,
    share_change,
    share_change_low,
    share_change_high,
    share_change_low > 0 or share_change_high < 0 as is_more_than_chance
from {{ ref('loss_reasons') }}
where period = 'quarter'
order by abs(share_change) desc nulls last, label
