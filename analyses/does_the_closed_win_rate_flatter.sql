-- Does the win rate of closed deals flatter?
-- It does where it lies above the share won of all deals, open ones counted for as long as they were watched, by more than chance: the grade of
-- the window, the one period that is judged, says so.

select
    closed.period,
    closed.win_rate as closed_win_rate,
    pace.win_rate as win_rate_at_pace,
    pace.win_rate_low,
    pace.win_rate_high,
    closed.pace_gap,
    closed.grade
from {{ ref('win_rate_definitions') }} as closed
inner join {{ ref('win_rate_definitions') }} as pace on closed.period = pace.period
where closed.definition = 'closed' and pace.definition = 'pace'
order by closed.period
