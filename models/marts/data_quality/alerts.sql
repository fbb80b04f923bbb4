-- One row per check x what it looks at, raised or not. Run time and memory of the build, which no model can know, stand in the published table.

-- limits drawn from fewer quarters than this say little, and so do they about a quarter that has not ended: then the rate need only be
-- plausible. A rate of a handful of deals is not judged: the first check says that they are few.
with known_quarters as (

    select count(*) >= {{ setting('alert_control_quarters') | int }} as are_enough
    from {{ ref('win_rates_by_quarter') }}
    where closed_deals > 0 and not is_partial

),

reviewed as (

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

),

checks as (

    select
        'closed_deals' as alert,
        quarter as subject,
        cast(closed_deals as double) as value
    from reviewed
    union all
    select
        'win_rate' as alert,
        quarter as subject,
        win_rate as value
    from reviewed
    union all
    select
        'rejected_share' as alert,
        object as subject,
        {{ rate('sum(rejected)', 'sum(records)') }} as value
    from {{ ref('input_files') }}
    group by object
    union all
    select
        'missing_reasons' as alert,
        quarter as subject,
        missing_share as value
    from reviewed
    union all
    select *
    from {{ ref('int_guards') }}

),

-- between its own limits where they were worked out, else between those of the settings
judged as (

    select
        checks.alert,
        checks.subject,
        checks.value,
        rules.unit,
        coalesce(limits.lower_limit, cast(lower_settings.value as double)) as lower_threshold,
        coalesce(limits.upper_limit, cast(upper_settings.value as double)) as upper_threshold,
        rules.meaning,
        rules.remedy
    from checks
    inner join {{ ref('alert_rules') }} as rules on checks.alert = rules.alert
    left join reviewed as limits on checks.alert = 'win_rate' and limits.is_judged
    left join {{ ref('dim_settings') }} as lower_settings on rules.lower_setting = lower_settings.setting
    left join {{ ref('dim_settings') }} as upper_settings on rules.upper_setting = upper_settings.setting

)

select
    alert,
    subject,
    value,
    unit,
    lower_threshold,
    upper_threshold,
    coalesce(value < lower_threshold, false) or coalesce(value > upper_threshold, false) as is_raised,
    meaning,
    remedy
from judged
