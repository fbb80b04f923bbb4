-- Which win factors stand on the most valuable deals?

select
    win_factor,
    won_deals,
    won_amount,
    won_amount / nullif(won_deals, 0) as won_amount_per_deal
from {{ ref('win_reasons') }}
where period = 'window'
order by won_amount_per_deal desc nulls last, win_factor
