-- Which segments closed deals before and nothing in the last whole quarter?

select
    dimension,
    segment,
    sum(closed_deals) as closed_deals_before,
    max(case when closed_deals > 0 then quarter end) as last_quarter_with_a_deal
from {{ ref('segment_quarters') }}
where not is_partial
group by dimension, segment
having
    sum(closed_deals) > 0
    and max(case when closed_deals > 0 then quarter end)
    < (select max(quarter) from {{ ref('segment_quarters') }} where not is_partial)
order by closed_deals_before desc, dimension, segment
