-- Which stages can be compared with the previous quarter, and why not the others?

select
    pipeline,
    stage,
    entered_deals,
    previous_entered_deals,
    missing_reason
from {{ ref('stage_changes') }}
order by pipeline, stage_order
