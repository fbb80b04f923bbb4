-- Are sales getting faster, and worth more a day?

select
    quarter,
    mean_won_cycle_days,
    median_won_cycle_days,
    mean_won_amount,
    velocity_amount_per_day,
    is_partial
from {{ ref('win_rates_by_quarter') }}
order by starts_on
