{{ config(materialized='table') }}
-- One row per distinct stated loss reason x category it falls in; the first category by priority is the primary one.

with ranked as (

    select
        *,
        min(reading_rank) over (partition by loss_reason) as first_rank
    from {{ ref('int_loss_reason_readings') }}

),

categorised as (

    select
        loss_reason,
        category,
        matched_by,
        min(priority) as priority
    from ranked
    where reading_rank = first_rank
    group by loss_reason, category, matched_by

)

select
    categorised.loss_reason,
    categorised.category,
    row_number() over (partition by categorised.loss_reason order by categorised.priority, categorised.category) = 1 as is_primary,
    categories.family,
    categories.outcome_class,
    categorised.matched_by
from categorised
left join {{ ref('loss_reason_categories') }} as categories on categorised.category = categories.category
