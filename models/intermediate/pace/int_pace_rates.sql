{{ config(materialized='ephemeral') }}
-- One row per period: the share of deals won within the ages that the period saw, which is the last step of its curve. Periods may not be
-- added.

select
    periods.period,
    steps.won_share as win_rate,
    {{ effective_deals('steps.won_share', 'steps.won_share_variance', 'steps.decided_deals') }} as effective_deals,
    steps.age_days as within_days,
    case when steps.period is null then 'too few deals of known age were watched and decided in this period' end as rate_refusal
from {{ ref('dim_periods') }} as periods
left join {{ ref('int_win_curve_steps') }} as steps
    on periods.period = steps.period
    and steps.dimension = 'all'
    and steps.next_age_days is null
