-- What do we say won the deals we won?

select
    win_factor,
    won_deals,
    stated_won_deals,
    share,
    share_low,
    share_high
from {{ ref('win_reasons') }}
where period = 'window'
order by share desc, win_factor
