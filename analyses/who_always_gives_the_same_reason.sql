-- Who gives the same loss reason most of the time?

select
    owner,
    top_category,
    top_share,
    stated_lost_deals
from {{ ref('loss_reason_coverage_by_owner') }}
where period = 'window'
order by top_share desc, owner
