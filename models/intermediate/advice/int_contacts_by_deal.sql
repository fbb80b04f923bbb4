{{ config(materialized='table', enabled=true) }}
{%- set days = setting('multithreading_days').split(', ') %}
-- One row per won or lost deal in the population with a contact by its close: how many there were then and by each day on which contacts may be
-- counted, how long it was open, and what makes deals alike. The deals are those of the bridge, so that they are found once for each deal and not
-- for each contact.
-- noqa: disable=LT02,LT05

with counted as (

    select
        deal_key,
        count(*) filter (where is_counted) as contacts_at_close,
        count(*) filter (where not is_dated) as undated_contacts
        {%- for day in days %}, count(*) filter (where added_on <= {{ dbt.dateadd('day', day, 'created_on') }}) as contacts_by_{{ day }}{% endfor %}
    from {{ ref('bridge_deal_contacts') }}
    group by deal_key

)

select
    -- of the window alone, where it is asked whose deals they are: keys are most of what is written here
    case when {{ in_period('deals.closed_on') }} then coalesce(deals.account_key, deals.deal_key) end as account,
    case when {{ in_period('deals.closed_on') }} then case when deals.owner = 'unknown' then deals.deal_key else deals.owner end end as seller,
    deals.closed_quarter_starts_on,
    deals.closed_quarter,
    deals.deal_size_band,
    deals.deal_type,
    deals.is_won,
    deals.decision_line,
    -- the last of these days after which it was still open: who closed on the day, or sooner, had no time to meet more
    case
        when deals.cycle_days is null then null
        {%- for day in days | reverse %} when deals.cycle_days > {{ day }} then {{ day }}{% endfor %}
        else 0
    end as open_after_days,
    deals.cycle_days is not null and deals.created_on is not null and counted.undated_contacts = 0 as is_dated,
    counted.contacts_at_close
    {%- for day in days %}, counted.contacts_by_{{ day }}{% endfor %}
from counted
inner join {{ ref('fct_closed_deals') }} as deals on counted.deal_key = deals.deal_key
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
-- a deal without a contact tells nothing of how many people there were
where counted.contacts_at_close > 0
