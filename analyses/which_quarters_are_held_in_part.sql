-- Which quarters does the export hold only in part?

select
    created_quarter,
    created_deals,
    missing_deals,
    maturity,
    missing_reason
from {{ ref('win_rates_by_cohort') }}
order by starts_on
