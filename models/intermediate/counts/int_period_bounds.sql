{{ config(materialized='ephemeral') }}
-- One row per period of dim_periods, with the days that it begins on and ends before.

with reviewed as (

    select * from {{ ref('int_reviewed_quarter') }}

)

select
    'quarter' as period,
    1 as period_order,
    1 as quarter_count,
    false as has_undated_deals,
    reviewed.starts_on as starts_on,
    {{ quarters_later('reviewed.starts_on', 1) }} as ends_before_on
from reviewed
union all
select
    'previous_quarter' as period,
    2 as period_order,
    1 as quarter_count,
    false as has_undated_deals,
    {{ quarters_later('reviewed.starts_on', -1) }} as starts_on,
    reviewed.starts_on as ends_before_on
from reviewed
union all
select
    'window' as period,
    3 as period_order,
    -- where no deal has a closed date there are no quarters, and the window is all of them
    case when not reviewed.are_undated then reviewed.window_quarters end as quarter_count,
    reviewed.are_undated as has_undated_deals,
    cast(case
        when reviewed.window_quarters = {{ setting('extended_window_quarters') | int }}
            then {{ quarters_later('reviewed.starts_on', 1 - (setting('extended_window_quarters') | int)) }}
        else {{ quarters_later('reviewed.starts_on', 1 - (setting('window_quarters') | int)) }}
    end as date) as starts_on,
    {{ quarters_later('reviewed.starts_on', 1) }} as ends_before_on
from reviewed
union all
select
    'all' as period,
    4 as period_order,
    cast(null as integer) as quarter_count,
    true as has_undated_deals,
    cast(null as date) as starts_on,
    cast(null as date) as ends_before_on
from reviewed
