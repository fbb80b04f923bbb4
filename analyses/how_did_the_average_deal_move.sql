-- Are the deals we win getting larger?

select
    quarter,
    won_deals,
    mean_won_amount,
    median_won_amount,
    mean_lost_amount,
    value_missing_reason
from {{ ref('win_rates_by_quarter') }}
order by starts_on
