-- Are contacts recorded on won and lost deals alike, so that personas can be compared?

select
    period,
    won_share,
    lost_share,
    won_contacts_per_deal,
    lost_contacts_per_deal,
    is_comparable,
    missing_reason
from {{ ref('contact_coverage') }}
order by period
