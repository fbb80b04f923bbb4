-- How long does a deal take until we win it, and until we lose it?

select
    period,
    measure,
    deals,
    median,
    median_low,
    median_high,
    mean
from {{ ref('typical_deals') }}
where measure in ('won_cycle_days', 'lost_cycle_days')
order by measure desc, period
