-- Who turns up more often than in the previous quarter?

select
    quarter,
    competitor,
    competitor_deals,
    named_deals,
    share,
    share_change,
    is_changed
from {{ ref('competitors_by_quarter') }}
where kind = 'vendor'
order by quarter desc, share desc, competitor
