-- How often do we lose to each reason, lately and quarter by quarter?

select
    quarter,
    category,
    sum(lost_deals) as lost_deals,
    round(100.0 * sum(lost_deals) / sum(sum(lost_deals)) over (partition by quarter)) as share_percent
from {{ ref('loss_reason_quarters') }}
-- in any dimension but this one a deal is in one segment
where dimension = (select min(dimension) from {{ ref('loss_reason_quarters') }} where dimension != 'competitor')
group by quarter, category
order by quarter, lost_deals desc, category
