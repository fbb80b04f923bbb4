-- How many closed deals state an amount, in which currency?

select
    currency,
    valued_deals,
    closed_deals
from {{ ref('value_by_currency') }}
where period = 'window'
order by closed_deals desc, currency
