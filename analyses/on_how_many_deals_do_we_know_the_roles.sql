-- On how many deals do we know who plays which role?

select
    period,
    won_deals,
    won_deals_with_roles,
    lost_deals,
    lost_deals_with_roles,
    dated_share
from {{ ref('contact_coverage') }}
order by period
