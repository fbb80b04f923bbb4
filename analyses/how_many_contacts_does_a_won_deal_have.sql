-- How many contacts per won deal, and per lost deal?

select
    period,
    won_deals,
    won_contacts_per_deal,
    lost_deals,
    lost_contacts_per_deal,
    is_comparable,
    missing_reason
from {{ ref('contact_coverage') }}
order by period
