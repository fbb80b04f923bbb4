{%- set minimum_deals = setting('alert_minimum_closed_deals') | int -%}
{%- set control_quarters = setting('alert_control_quarters') | int -%}
-- One row per check x what it looks at, raised or not. Run time and memory of the build, which no model can know, stand in the published table.

with reviewed as (

    select
        coalesce(last_quarter, 'no complete quarter') as quarter,
        closed_deals
    from {{ ref('dim_periods') }}
    where period = 'quarter'

),

-- limits drawn from fewer quarters than this say little, and so do they about a quarter that has not ended: then the rate need only be
-- plausible. A rate of a handful of deals is not judged: the first check says that they are few.
known_quarters as (

    select count(*) as quarters
    from {{ ref('win_rates_by_quarter') }}
    where closed_deals > 0 and not is_partial

),

win_rates as (

    select
        reviewed.quarter,
        quarters.win_rate,
        case
            when reviewed.closed_deals < {{ setting('minimum_deals') | int }} then cast(null as double)
            when known_quarters.quarters >= {{ control_quarters }} and not quarters.is_partial then quarters.lower_limit
            else {{ setting('alert_win_rate_low') | float }}
        end as lower_limit,
        case
            when reviewed.closed_deals < {{ setting('minimum_deals') | int }} then cast(null as double)
            when known_quarters.quarters >= {{ control_quarters }} and not quarters.is_partial then quarters.upper_limit
            else {{ setting('alert_win_rate_high') | float }}
        end as upper_limit
    from reviewed
    cross join known_quarters
    left join {{ ref('win_rates_by_quarter') }} as quarters on reviewed.quarter = quarters.quarter

),

missing_reasons as (

    select
        reviewed.quarter,
        1e0 - completeness.filled_share as missing_share
    from reviewed
    left join {{ ref('field_completeness') }} as completeness
        on completeness.period = 'quarter' and completeness.outcome = 'lost' and completeness.field = 'loss reason'

),

rejected as (

    select
        object,
        {{ rate('sum(rejected)', 'sum(records)') }} as rejected_share
    from {{ ref('input_files') }}
    group by object

),

checks as (

    select
        'closed_deals' as alert,
        quarter as subject,
        cast(closed_deals as double) as value,
        'deals' as unit,
        cast({{ minimum_deals }} as double) as lower_threshold,
        cast(null as double) as upper_threshold,
        'The quarter under review has few closed deals: its rates say little.' as meaning,
        'Read the trailing window instead, and check that the export is complete.' as remedy
    from reviewed
    union all
    select
        'win_rate' as alert,
        quarter as subject,
        win_rate as value,
        'share' as unit,
        lower_limit as lower_threshold,
        upper_limit as upper_threshold,
        'The win rate lies outside the limits within which it varies by chance.' as meaning,
        'Look for what changed: the market, the process, or how deals are recorded.' as remedy
    from win_rates
    union all
    select
        'rejected_share' as alert,
        object as subject,
        rejected_share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_rejected_share') | float }} as upper_threshold,
        'Many records could not be used: the answers rest on the others.' as meaning,
        'See rejected_record_counts for the rules, and rejected_records for file and line.' as remedy
    from rejected
    union all
    select
        'missing_reasons' as alert,
        quarter as subject,
        missing_share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_missing_reason_share') | float }} as upper_threshold,
        'Many lost deals of the quarter under review state no reason.' as meaning,
        'Ask the owners to state a reason when they close a deal as lost.' as remedy
    from missing_reasons
    union all
    select
        alert,
        subject,
        value,
        unit,
        lower_threshold,
        upper_threshold,
        meaning,
        remedy
    from {{ ref('int_guards') }}

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
from checks
