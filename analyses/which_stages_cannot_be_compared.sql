-- Which stages cannot be compared with the previous quarter, and why?

select
    pipeline,
    stage,
    entered_deals,
    previous_entered_deals,
    missing_reason
from {{ ref('stage_changes') }}
where missing_reason is not null
order by pipeline, stage_order
