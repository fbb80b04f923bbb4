-- Does it go with winning to know several people early?

select
    landmark_days,
    many_contacts,
    many_deals,
    many_win_rate,
    few_deals,
    few_win_rate,
    difference,
    difference_low,
    difference_high,
    is_claimed,
    missing_reason
from {{ ref('multithreading') }}
where period = 'window' and moment = 'early'
