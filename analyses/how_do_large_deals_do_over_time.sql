-- How often do we win large deals and small ones, quarter by quarter?

select
    quarter,
    segment as deal_size_band,
    closed_deals,
    won_deals,
    round(100.0 * won_deals / nullif(closed_deals, 0)) as win_rate_percent
from {{ ref('segment_quarters') }}
where dimension = 'deal_size_band' and closed_deals > 0
order by segment_order, segment, starts_on
