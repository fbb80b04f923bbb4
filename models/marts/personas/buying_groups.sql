-- One row per period x kind of group x group: which departments, and how many people, sit on the buying side of a closed deal.
-- Each deal with a contact is in one group of a kind; groups of a kind add up.

with counted as (

    select
        periods.period,
        periods.population,
        deals.group_type,
        deals.buying_group,
        count(*) as closed_deals,
        count(*) filter (where deals.outcome = 'won') as won_deals,
        count(*) filter (where deals.outcome = 'lost') as lost_deals
    from {{ ref('int_groups_of_deals') }} as deals
    inner join ({{ periods_by_day(ref('bridge_deal_contacts')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    group by periods.period, periods.population, deals.group_type, deals.buying_group

)

select
    counted.period,
    counted.group_type,
    counted.buying_group,
    counted.population,
    counted.closed_deals,
    counted.won_deals,
    counted.lost_deals,
    {{ rate_columns('counted.won_deals', 'counted.closed_deals', 'win_rate') }},
    coverage.is_comparable,
    coverage.missing_reason as coverage_warning
from counted
inner join {{ ref('contact_coverage') }} as coverage on counted.period = coverage.period
