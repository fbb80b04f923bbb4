-- How large is a typical deal we win, and one we lose?

select
    period,
    measure,
    deals,
    median,
    median_low,
    median_high,
    mean
from {{ ref('typical_deals') }}
where measure in ('won_amount', 'lost_amount')
order by measure desc, period
