-- One row per period x currency: what was won and lost, in the currency as stated. Currencies may not be added; deals without an amount
-- above zero, or without a currency where others have one, stand under their own row.

select
    periods.period,
    coalesce(deals.currency, 'not stated') as currency,
    periods.population,
    count(*) as closed_deals,
    count(*) filter (where deals.outcome = 'won') as won_deals,
    count(*) filter (where deals.outcome = 'lost') as lost_deals,
    count(*) filter (where deals.stated_amount > 0) as valued_deals,
    cast(sum(deals.stated_amount) filter (where deals.outcome = 'won' and deals.stated_amount > 0) as double) as won_amount,
    cast(sum(deals.stated_amount) filter (where deals.outcome = 'lost' and deals.stated_amount > 0) as double) as lost_amount
from {{ ref('fct_closed_deals') }} as deals
inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
    on deals.closed_on is not distinct from periods.closed_on
group by periods.period, coalesce(deals.currency, 'not stated'), periods.population
