-- How fast do we win, and how fast do we lose?

select
    age_weeks,
    won_share,
    won_share_low,
    won_share_high,
    lost_share,
    open_share
from {{ ref('win_rate_curves') }}
where period = 'window' and dimension = 'all'
order by age_weeks
