{{ config(materialized='ephemeral') }}
-- One row: the quarter under review as the checks look at it, with the limits its win rate is held to.

-- limits drawn from fewer quarters than this say little, and so do they about a quarter that has not ended: then the rate need only be
-- plausible. A rate of a handful of deals is not judged: the first check says that they are few.
with known_quarters as (

    select count(*) >= {{ setting('alert_control_quarters') | int }} as are_enough
    from {{ ref('win_rates_by_quarter') }}
    where closed_deals > 0 and not is_partial

)

select
    coalesce(periods.last_quarter, 'no complete quarter') as quarter,
    -- without any date it is not the quarter that has few
    case when windows.has_undated_deals then null else periods.closed_deals end as closed_deals,
    periods.closed_deals >= {{ setting('minimum_deals') | int }} as is_judged,
    quarters.win_rate,
    case
        when known_quarters.are_enough and not quarters.is_partial then quarters.lower_limit
        else {{ setting('alert_win_rate_low') | float }}
    end as lower_limit,
    case
        when known_quarters.are_enough and not quarters.is_partial then quarters.upper_limit
        else {{ setting('alert_win_rate_high') | float }}
    end as upper_limit,
    1e0 - completeness.filled_share as missing_share
from {{ ref('dim_periods') }} as periods
cross join known_quarters
left join {{ ref('dim_periods') }} as windows on windows.period = 'window'
left join {{ ref('win_rates_by_quarter') }} as quarters on periods.last_quarter = quarters.quarter
left join {{ ref('field_completeness') }} as completeness
    on completeness.period = 'quarter' and completeness.outcome = 'lost' and completeness.field = 'loss reason'
where periods.period = 'quarter'
