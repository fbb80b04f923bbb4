-- Where in the funnel do we lose deals, and what were they worth?

select
    period,
    pipeline,
    stage,
    reached_deals,
    lost_deals,
    share_of_losses,
    share_of_losses_low,
    share_of_losses_high,
    lost_amount
from {{ ref('stage_funnel') }}
where period in ('window', 'all')
order by period, pipeline, stage_order
