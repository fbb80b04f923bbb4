-- Do we win more with more contacts in the first weeks?

select
    contact_band,
    landmark_days,
    closed_deals,
    win_rate,
    win_rate_low,
    win_rate_high
from {{ ref('win_rates_by_contact_count') }}
where period = 'window' and moment = 'early'
order by contact_band
