{{ config(materialized='ephemeral') }}
-- One row per pipeline and stage whose deals were decided in the quarter under review and in the one before: both rates and their difference
-- with intervals, and the q-value that a claim has to pass. Nothing may be added.

with intervals as (

    select
        *,
        {{ wilson_low('effective_deals * rate', 'effective_deals') }} as rate_low,
        {{ wilson_high('effective_deals * rate', 'effective_deals') }} as rate_high,
        {{ wilson_low('previous_effective_deals * previous_rate', 'previous_effective_deals') }} as previous_rate_low,
        {{ wilson_high('previous_effective_deals * previous_rate', 'previous_effective_deals') }} as previous_rate_high
    from {{ ref('int_stage_changes') }}

),

changes as (

    select
        *,
        {{ difference_columns('rate', 'previous_rate', 'change') }}
    from intervals

)

-- nothing is said against an interval that holds zero
select
    *,
    case when change_low > 0 or change_high < 0 then q_value else 1e0 end as passed
from changes
