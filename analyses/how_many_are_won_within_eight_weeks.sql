-- How many of the deals of each industry are won within eight weeks?

select
    segment,
    won_share,
    won_share_low,
    won_share_high,
    effective_deals
from {{ ref('win_rate_curves') }}
where period = 'window' and dimension = 'industry' and age_weeks = 8
order by won_share desc, segment
