-- One row per won deal in the population x win factor stated on it.

select
    won_deals.deal_key,
    win_factors.win_factor,
    won_deals.closed_on,
    won_deals.amount
from {{ ref('fct_closed_deals') }} as won_deals
inner join {{ ref('stg_deals') }} as deals on won_deals.deal_key = deals.deal_key
inner join {{ ref('int_win_factors') }} as win_factors on deals.win_factors = win_factors.win_factors
where won_deals.outcome = 'won'
