-- Has the win rate left its average for one side of it?

select
    quarters,
    run_quarters,
    is_shift
from {{ ref('win_rate_trend') }}
