-- How often do we win in each industry, quarter by quarter?

select
    quarter,
    segment as industry,
    closed_deals,
    won_deals,
    round(100.0 * won_deals / nullif(closed_deals, 0)) as win_rate_percent
from {{ ref('segment_quarters') }}
where dimension = 'industry' and closed_deals > 0
order by segment, quarter
