-- How do we do when a competitor is the only one named?

select
    competitor,
    sole_closed_deals,
    sole_won_deals,
    closed_deals - sole_closed_deals as closed_deals_with_others,
    won_deals - sole_won_deals as won_deals_with_others
from {{ ref('win_rates_by_competitor') }}
where period = 'window' and kind = 'vendor'
order by sole_closed_deals desc, competitor
