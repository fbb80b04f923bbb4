-- How many deals did we close, win and lose in each quarter, at what win rate, and what were they worth?

select
    quarter,
    closed_deals,
    won_deals,
    lost_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    won_amount,
    lost_amount
from {{ ref('win_rates_by_quarter') }}
order by starts_on
