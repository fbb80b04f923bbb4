-- May accounts be ranked at all, by deals the ranking had not seen?

select
    is_allowed,
    missing_reason,
    judged_deals,
    judged_quarters,
    skill,
    auc,
    p_value
from {{ ref('scorecard_quality') }}
