{{ config(materialized='table', enabled=true) }}
-- One row per won or lost deal in the population with a contact by its close: how many there were then, and how many by each day on which
-- contacts may be counted.
-- noqa: disable=LT02

select
    contacts.deal_key,
    count(*) filter (where contacts.is_counted) as contacts_at_close,
    count(*) filter (where not contacts.is_dated) as undated_contacts
    {%- for day in setting('multithreading_days').split(', ') %},
    count(*) filter (where contacts.added_on <= {{ dbt.dateadd('day', day, 'deals.created_on') }}) as contacts_by_{{ day }}
    {%- endfor %}
from {{ ref('bridge_deal_contacts') }} as contacts
inner join {{ ref('fct_closed_deals') }} as deals on contacts.deal_key = deals.deal_key
group by contacts.deal_key
-- a deal without a contact tells nothing of how many people there were
having count(*) filter (where contacts.is_counted) > 0
