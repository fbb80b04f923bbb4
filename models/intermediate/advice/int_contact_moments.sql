{{ config(enabled=true) }}
{%- set days = setting('multithreading_days').split(', ') %}
-- One row per period x moment x deal with a contact: how many contacts it had at that moment. `at close` holds every deal with a contact;
-- `early` those that were still open on the landmark day, with a date on every contact. Moments and periods may not be added.

with deals as (

    select
        periods.period,
        deals.account_key,
        deals.owner,
        deals.deal_size_band,
        deals.deal_type,
        deals.closed_quarter,
        deals.is_won,
        deals.decision_line,
        deals.cycle_days,
        deals.cycle_days is not null and deals.created_on is not null and contacts.undated_contacts = 0 as is_dated,
        contacts.*
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('int_contacts_by_deal') }} as contacts on deals.deal_key = contacts.deal_key
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on deals.closed_on is not distinct from periods.closed_on

),

-- the latest day on which so many deals were still open: fixed by their age, never by how they ended
landmarks as (

    select
        period,
        case
            {%- for day in days | reverse %}
            when avg(case when cycle_days > {{ day }} then 1e0 else 0e0 end) >= {{ setting('landmark_open_share') | float }} then {{ day }}
            {%- endfor %}
        end as landmark_days
    from deals
    where cycle_days is not null
    group by period

),

moments as (

    select
        *,
        'at close' as moment,
        cast(null as integer) as landmark_days,
        contacts_at_close as contacts
    from deals
    union all
    select
        deals.*,
        'early' as moment,
        landmarks.landmark_days,
        case landmarks.landmark_days
            {%- for day in days %}
            when {{ day }} then deals.contacts_by_{{ day }}
            {%- endfor %}
        end as contacts
    from deals
    inner join landmarks on deals.period = landmarks.period
    -- who closed on the day, or sooner, had no time to meet more
    where deals.is_dated and deals.cycle_days > landmarks.landmark_days

)

select
    period,
    moment,
    deal_key,
    account_key,
    owner,
    deal_size_band,
    deal_type,
    closed_quarter,
    landmark_days,
    contacts,
    is_won,
    is_dated,
    decision_line
from moments
