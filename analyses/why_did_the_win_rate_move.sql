-- Why did the win rate move: other deals, fields filled in otherwise, or winning like deals more or less often?

select
    comparison,
    part,
    compared_win_rate,
    win_rate,
    change,
    change_low,
    change_high,
    is_claimed or is_promising as is_more_than_chance
from {{ ref('win_rate_changes') }}
order by comparison, case part when 'total' then 1 when 'mix' then 2 when 'recording' then 3 else 4 end
