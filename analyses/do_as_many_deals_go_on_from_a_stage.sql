-- Do as many deals go on from each stage as in the previous quarter?

select
    pipeline,
    stage,
    within_days,
    advance_rate,
    previous_advance_rate,
    change,
    change_low,
    change_high,
    is_changed,
    is_promising
from {{ ref('stage_changes') }}
where is_tested
order by pipeline, stage_order
