-- How long is the sales cycle of a deal we win, and of one we lose?

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
