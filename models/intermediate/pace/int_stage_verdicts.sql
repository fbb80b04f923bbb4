{{ config(materialized='ephemeral') }}
-- One row per pipeline and stage whose deals were decided in the quarter under review and in the one before: both rates and their difference
-- with intervals, and the q-value that a claim has to pass. Nothing may be added.

with intervals as (

    select
        *,
        {{ wilson_columns('effective_deals * rate', 'effective_deals', 'rate') }},
        {{ wilson_columns('previous_effective_deals * previous_rate', 'previous_effective_deals', 'previous_rate') }}
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
