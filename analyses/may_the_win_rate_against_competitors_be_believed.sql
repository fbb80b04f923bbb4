-- May the win rate against competitors be believed, and between what does it lie?

select
    period,
    named_share_of_won,
    named_share_of_lost,
    is_comparable,
    named_win_rate,
    win_rate_at_least,
    win_rate_at_most,
    missing_reason
from {{ ref('competition_coverage') }}
order by period
