-- One row per quarter of the close x outcome: closed deals, and on how many of them contacts and buying roles are recorded. Quarters may be added.

with contacts_of_deals as (

    select
        deal_key,
        count(*) filter (where is_counted) as contacts,
        count(*) filter (where is_counted and is_dated) as dated_contacts,
        count(*) filter (where is_counted and role_source = 'stated') as stated_roles
    from {{ ref('bridge_deal_contacts') }}
    group by deal_key

)

select
    deals.closed_quarter_starts_on,
    deals.outcome,
    count(*) as deals,
    count(*) filter (where contacts_of_deals.contacts > 0) as deals_with_contacts,
    count(*) filter (where contacts_of_deals.stated_roles > 0) as deals_with_roles,
    sum(contacts_of_deals.contacts) as contacts,
    sum(contacts_of_deals.dated_contacts) as dated_contacts
from {{ ref('fct_closed_deals') }} as deals
left join contacts_of_deals on deals.deal_key = contacts_of_deals.deal_key
group by deals.closed_quarter_starts_on, deals.outcome
