-- One row per won or lost deal in the population x contact on it: what the person does, never who the person is.

with links as (

    select
        deal_contacts.deal_key,
        deal_contacts.contact_key,
        deal_contacts.is_primary,
        deal_contacts.added_on,
        contacts.title,
        contacts.department as stated_department,
        coalesce(deal_contacts.buying_role, contacts.buying_role) as stated_role
    from {{ ref('stg_deal_contacts') }} as deal_contacts
    -- by id: hashing every contact as well, only to find it, would take longer than all else here
    left join {{ ref('stg_contacts') }} as contacts on deal_contacts.contact_id = contacts.contact_id

)

select
    links.deal_key,
    links.contact_key,
    coalesce(titles.persona, 'unknown') as persona,
    coalesce(titles.seniority, 'unknown') as seniority,
    coalesce(nullif(titles.department, 'unknown'), departments.department, 'unknown') as department,
    coalesce(roles.buying_role, titles.inferred_buying_role, 'unknown') as buying_role,
    case
        when roles.buying_role is not null then 'stated'
        when titles.inferred_buying_role is not null then 'inferred'
        else 'none'
    end as role_source,
    links.is_primary,
    deals.outcome,
    deals.decision_line,
    deals.created_on,
    deals.closed_on,
    links.added_on,
    links.added_on is not null as is_dated,
    -- a contact added after the close tells how the deal ended, not why
    links.added_on is null or deals.closed_on is null or links.added_on <= deals.closed_on as is_counted
from links
inner join {{ ref('fct_closed_deals') }} as deals on links.deal_key = deals.deal_key
left join {{ ref('int_titles') }} as titles on links.title = titles.title
left join {{ ref('int_titles') }} as departments on links.stated_department = departments.title
left join {{ ref('int_buying_roles') }} as roles on links.stated_role = roles.stated_role
