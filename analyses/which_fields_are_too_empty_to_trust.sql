-- Which fields are too empty to trust what they say?

select
    field,
    sum(deals) as closed_deals,
    sum(filled_deals) as filled_deals,
    cast(sum(filled_deals) as double) / nullif(sum(deals), 0) as filled_share
from {{ ref('field_completeness') }}
where period = 'window' and outcome in ('won', 'lost')
group by field
order by filled_share, field
