-- What would following the first recommendation be worth, at our own quota and cost?
-- Empty amounts until the variable quota_amount is set; missing_reason says so.

select
    segment_label,
    grade,
    revenue_gain,
    revenue_gain_low,
    revenue_gain_high,
    net_gain,
    population,
    missing_reason
from {{ ref('return_on_investment') }}
