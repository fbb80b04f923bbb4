-- Is there a trend in the win rate: has it risen or fallen steadily?

select
    first_quarter,
    first_win_rate,
    last_quarter,
    last_win_rate,
    z,
    grade
from {{ ref('win_rate_trend') }}
