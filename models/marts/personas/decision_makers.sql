-- One row per period x persona that is recorded as a decision maker or economic buyer on a closed deal. Contacts of a period add up.

with decision_makers as (

    select
        periods.period,
        contacts.persona,
        contacts.seniority,
        contacts.department,
        count(*) as contacts,
        count(*) filter (where contacts.outcome = 'won') as won_contacts,
        count(distinct case when contacts.outcome = 'won' then contacts.deal_key end) as won_deals,
        count(distinct case when contacts.outcome = 'lost' then contacts.deal_key end) as lost_deals
    from {{ ref('bridge_deal_contacts') }} as contacts
    inner join ({{ periods_by_day(ref('bridge_deal_contacts')) }}) as periods
        on contacts.closed_on is not distinct from periods.closed_on
    where contacts.is_counted and contacts.role_source = 'stated' and contacts.buying_role in ('decision_maker', 'economic_buyer')
    group by periods.period, contacts.persona, contacts.seniority, contacts.department

),

shares as (

    select
        *,
        cast(sum(contacts) over (partition by period) as bigint) as all_contacts,
        cast(sum(won_contacts) over (partition by period) as bigint) as all_won_contacts,
        cast(sum(contacts) over (partition by period, seniority) as bigint) as seniority_contacts
    from decision_makers

)

select
    shares.period,
    shares.persona,
    shares.seniority,
    shares.department,
    periods.population,
    shares.contacts,
    shares.all_contacts,
    {{ rate_columns('shares.contacts', 'shares.all_contacts', 'share') }},
    shares.won_contacts,
    shares.won_contacts / nullif(shares.all_won_contacts, 0) as share_on_won_deals,
    shares.won_deals,
    shares.lost_deals,
    shares.seniority_contacts,
    shares.seniority_contacts = max(shares.seniority_contacts) over (partition by shares.period) as is_commonest_seniority
from shares
inner join {{ ref('dim_periods') }} as periods on shares.period = periods.period
