-- Did whole quarters win as often as promised?

select
    quarter,
    closed_deals,
    expected_win_rate,
    win_rate,
    win_rate - expected_win_rate as difference
from {{ ref('account_tier_history') }}
where tier = 'all'
order by quarter
