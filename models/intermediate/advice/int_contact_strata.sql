{{ config(materialized='table', enabled=true) }}
{%- set days = setting('multithreading_days').split(', ') %}
-- One row per period x moment x like deals x number of contacts they had at that moment. `at close` holds every deal with a contact; `early` those
-- that were still open on the landmark day, with a date on every contact. Moments and periods may not be added.

-- deals that nothing here tells apart, counted before they meet the periods they lie in
with cells as (

    select
        closed_quarter_starts_on,
        closed_quarter,
        deal_size_band,
        deal_type,
        is_dated,
        open_after_days,
        contacts_at_close,
        contacts_by_{{ days | join(', contacts_by_') }},
        count(*) as closed_deals,
        sum(is_won) as won_deals,
        sum({{ of_decision() }}) as decisions,
        sum({{ of_decision('is_won') }}) as won_decisions
    from {{ ref('int_contacts_by_deal') }}
    group by all

),

counted as (

    select
        periods.period,
        cells.*
    from cells
    inner join {{ ref('dim_periods') }} as periods on {{ in_period('cells.closed_quarter_starts_on') }}

),

-- the latest day on which so many deals were still open: fixed by their age, never by how they ended
landmarks as (

    select
        period,
        max(landmark_days) as landmark_days
    from (
        select
            counted.period,
            days.landmark_days
        from counted
        inner join (values ({{ days | join('), (') }})) as days (landmark_days) on true
        where counted.open_after_days is not null
        group by counted.period, days.landmark_days
        having
            sum(case when counted.open_after_days >= days.landmark_days then counted.closed_deals else 0 end) / nullif(sum(counted.closed_deals), 0)
            >= {{ setting('landmark_open_share') | float }}
    ) as held
    group by period

),

moments as (

    select
        counted.*,
        'at close' as moment,
        cast(null as integer) as landmark_days,
        counted.contacts_at_close as contacts
    from counted
    union all
    select
        counted.*,
        'early' as moment,
        landmarks.landmark_days,
        case landmarks.landmark_days {% for day in days %}when {{ day }} then counted.contacts_by_{{ day }} {% endfor %}end as contacts  -- noqa: LT05
    from counted
    inner join landmarks on counted.period = landmarks.period
    where counted.is_dated and counted.open_after_days >= landmarks.landmark_days

)

select
    period,
    moment,
    landmark_days,
    deal_size_band,
    deal_type,
    closed_quarter,
    contacts,
    cast(sum(closed_deals) as bigint) as closed_deals,
    cast(sum(won_deals) as bigint) as won_deals,
    cast(sum(case when is_dated then closed_deals else 0 end) as bigint) as dated_deals,
    cast(sum(decisions) as bigint) as decisions,
    cast(sum(won_decisions) as bigint) as won_decisions
from moments
group by period, moment, landmark_days, deal_size_band, deal_type, closed_quarter, contacts
