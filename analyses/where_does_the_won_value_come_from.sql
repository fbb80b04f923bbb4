-- Which products bring the value we win, and what share of it is each?

select
    segment as product,
    sum(won_deals) as won_deals,
    sum(won_amount) as won_amount,
    -- of the products whose amounts are published
    round(100.0 * sum(won_amount) / nullif(sum(sum(won_amount)) over (), 0)) as share_percent
from {{ ref('segment_quarters') }}
where dimension = 'product'
group by segment
order by won_amount desc nulls last, segment
