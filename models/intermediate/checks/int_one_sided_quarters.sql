-- One row per quarter with closed deals of the population: how many were won and lost, and how often chance would leave one outcome out.

with quarters as (

    select
        closed_quarter_starts_on as starts_on,
        closed_quarter as quarter,
        count(*) as closed_deals,
        count(*) filter (where outcome = 'won') as won_deals,
        count(*) filter (where outcome = 'lost') as lost_deals
    from {{ ref('fct_closed_deals') }}
    where closed_on is not null
    group by closed_quarter_starts_on, closed_quarter

),

-- what the other quarters say of the outcome that is missing; one deal of each more, for none in few deals is not never
elsewhere as (

    select
        *,
        (sum(lost_deals) over () - lost_deals + 1e0) / (sum(closed_deals) over () - closed_deals + 2e0) as lost_share_elsewhere
    from quarters

)

select
    starts_on,
    quarter,
    closed_deals,
    won_deals,
    lost_deals,
    case
        when lost_deals = 0 then power(1e0 - lost_share_elsewhere, closed_deals)
        when won_deals = 0 then power(lost_share_elsewhere, closed_deals)
    end as chance
from elsewhere
