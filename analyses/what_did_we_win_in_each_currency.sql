-- What did we win and lose in each currency?

select
    currency,
    won_deals,
    won_amount,
    lost_deals,
    lost_amount
from {{ ref('value_by_currency') }}
where period = 'quarter'
order by won_amount desc, currency
