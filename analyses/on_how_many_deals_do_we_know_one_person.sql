-- On how many deals do we know one person only?

select
    period,
    moment,
    closed_deals,
    won_deals,
    lost_deals
from {{ ref('win_rates_by_contact_count') }}
where contact_band = '1 contact'
order by period, moment
