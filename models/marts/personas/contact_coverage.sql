-- One row per period: how well contacts are recorded on won and on lost deals. Where the two differ much, a persona looks
-- like a winner only because more people are logged on won deals.

with counted as (

    select
        periods.period,
        periods.population,
        periods.missing_reason,
        coalesce(sum(quarters.deals) filter (where quarters.outcome = 'won'), 0) as won_deals,
        coalesce(sum(quarters.deals_with_contacts) filter (where quarters.outcome = 'won'), 0) as won_deals_with_contacts,
        coalesce(sum(quarters.deals_with_roles) filter (where quarters.outcome = 'won'), 0) as won_deals_with_roles,
        coalesce(sum(quarters.contacts) filter (where quarters.outcome = 'won'), 0) as won_contacts,
        coalesce(sum(quarters.deals) filter (where quarters.outcome = 'lost'), 0) as lost_deals,
        coalesce(sum(quarters.deals_with_contacts) filter (where quarters.outcome = 'lost'), 0) as lost_deals_with_contacts,
        coalesce(sum(quarters.deals_with_roles) filter (where quarters.outcome = 'lost'), 0) as lost_deals_with_roles,
        coalesce(sum(quarters.contacts) filter (where quarters.outcome = 'lost'), 0) as lost_contacts,
        sum(quarters.dated_contacts) as dated_contacts
    from {{ ref('dim_periods') }} as periods
    left join {{ ref('int_recorded_contacts') }} as quarters on {{ in_period('quarters.closed_quarter_starts_on') }}
    group by periods.period, periods.population, periods.missing_reason

)

select
    counted.period,
    counted.population,
    cast(won_deals as bigint) as won_deals,
    cast(won_deals_with_contacts as bigint) as won_deals_with_contacts,
    won_deals_with_contacts / nullif(won_deals, 0) as won_share,
    cast(won_deals_with_roles as bigint) as won_deals_with_roles,
    won_contacts / nullif(won_deals, 0) as won_contacts_per_deal,
    cast(lost_deals as bigint) as lost_deals,
    cast(lost_deals_with_contacts as bigint) as lost_deals_with_contacts,
    lost_deals_with_contacts / nullif(lost_deals, 0) as lost_share,
    cast(lost_deals_with_roles as bigint) as lost_deals_with_roles,
    lost_contacts / nullif(lost_deals, 0) as lost_contacts_per_deal,
    dated_contacts / nullif(won_contacts + lost_contacts, 0) as dated_share,
    coalesce(abs(won_share - lost_share) <= {{ setting('coverage_gap') | float }}, false) as is_comparable,
    case
        when won_contacts + lost_contacts = 0 then coalesce(counted.missing_reason, unrecorded.contacts_missing_reason, 'no contacts on closed deals')
        when won_deals = 0 then 'no won deals to compare the lost ones with'
        when lost_deals = 0 then 'no lost deals to compare the won ones with'
        when not is_comparable then 'contacts are recorded on won and lost deals too differently to compare personas'
    end as missing_reason
from counted
cross join {{ ref('int_unrecorded') }} as unrecorded
