-- How long do deals stay in each stage, and how many go on from it?

select
    period,
    pipeline,
    stage,
    reached_deals,
    open_deals,
    median_stage_days,
    advance_rate,
    advance_rate_low,
    advance_rate_high,
    missing_reason
from {{ ref('stage_funnel') }}
where period in ('window', 'all')
order by period, pipeline, stage_order
