-- One row per period x kind of group x group: which departments, and how many people, sit on the buying side of a closed deal.
-- Each deal with a contact is in one group of a kind; groups of a kind add up.

with groups_of_deals as (

    select
        deal_key,
        outcome,
        closed_on,
        {{ listed('department') }} as departments,
        count(*) as contacts
    from {{ ref('bridge_deal_contacts') }}
    where is_counted
    group by deal_key, outcome, closed_on

),

tall as (

    select deal_key, outcome, closed_on, 'departments' as group_type, departments as buying_group
    from groups_of_deals
    union all
    select
        deal_key, outcome, closed_on, 'size' as group_type,
        case
            when contacts = 1 then '1 contact'
            when contacts = 2 then '2 contacts'
            when contacts <= 4 then '3 to 4 contacts'
            else '5 and more contacts'
        end as buying_group
    from groups_of_deals

),

counted as (

    select
        periods.period,
        periods.population,
        tall.group_type,
        tall.buying_group,
        count(*) as closed_deals,
        count(*) filter (where tall.outcome = 'won') as won_deals,
        count(*) filter (where tall.outcome = 'lost') as lost_deals
    from tall
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'all'
        or (tall.closed_on >= periods.starts_on and tall.closed_on < periods.ends_before_on)
    group by periods.period, periods.population, tall.group_type, tall.buying_group

)

select
    counted.period,
    counted.group_type,
    counted.buying_group,
    counted.population,
    counted.closed_deals,
    counted.won_deals,
    counted.lost_deals,
    {{ rate('counted.won_deals', 'counted.closed_deals') }} as win_rate,
    {{ wilson_low('counted.won_deals', 'counted.closed_deals') }} as win_rate_low,
    {{ wilson_high('counted.won_deals', 'counted.closed_deals') }} as win_rate_high,
    coverage.is_comparable,
    coverage.missing_reason as coverage_warning
from counted
inner join {{ ref('contact_coverage') }} as coverage on counted.period = coverage.period
