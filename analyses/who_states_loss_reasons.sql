-- Who states a loss reason, and how often?

select
    owner,
    lost_deals,
    stated_share
from {{ ref('loss_reason_coverage_by_owner') }}
where period = 'window'
order by stated_share, owner
