-- Are young quarters better, once all their deals are decided?

select
    created_quarter,
    created_deals,
    win_rate_so_far,
    decided_win_rate,
    final_win_rate,
    final_win_rate_low,
    final_win_rate_high,
    matured_share,
    maturity
from {{ ref('win_rates_by_cohort') }}
order by starts_on
