{{ config(materialized='ephemeral') }}
-- One row per quarter in which deals were created: how they stand when the export ends, the wins yet to come, and why a final rate must not be
-- told. Quarters may be added, but for the variance.

with pace as (

    select count(*) > 0 as is_known
    from {{ ref('int_win_chances') }}
    where period = 'window'

)

-- without a quarter there is a row that says why
select
    coalesce({{ quarter_name('created.starts_on') }}, 'unknown') as created_quarter,
    created.starts_on,
    periods.population,
    coalesce(created.created_deals, 0) as created_deals,
    coalesce(created.won_deals, 0) as won_deals,
    coalesce(created.lost_deals, 0) as lost_deals,
    coalesce(created.disqualified_deals, 0) as disqualified_deals,
    coalesce(created.open_deals, 0) as open_deals,
    coalesce(created.stale_deals, 0) as stale_deals,
    coalesce(outlook.pace_variance, 0e0) as pace_variance,
    cast(round(coalesce(outlook.missing_deals, 0e0)) as bigint) as missing_deals,
    case when pace.is_known then coalesce(outlook.expected_wins, 0e0) end as expected_wins,
    coalesce(outlook.missing_deals > {{ setting('missing_deals_share') | float }} * created.created_deals, false) as is_cut_off,
    case
        when created.starts_on is null then 'no deal states when it was created'
        when is_cut_off then 'the export lacks deals of this quarter that closed before it begins'
        when not pace.is_known then 'too few deals of known age were decided in the trailing window'
    end as missing_reason
from {{ ref('dim_periods') }} as periods
cross join pace
left join {{ ref('int_cohorts') }} as created on periods.period = 'all'
left join {{ ref('int_cohort_outlook') }} as outlook on {{ quarter_name('created.starts_on') }} = outlook.created_quarter
where periods.period = 'all'
