-- One row per period x moment x number of contacts, in bands. Bands of one period and moment add up to its deals.

with banded as (

    select
        *,
        case
            when contacts = 0 then '0 contacts'
            when contacts = 1 then '1 contact'
            when contacts = 2 then '2 contacts'
            when contacts <= 4 then '3 to 4 contacts'
            else '5 and more contacts'
        end as contact_band
    from {{ ref('int_contact_strata') }}

),

counted as (

    select
        period,
        moment,
        contact_band,
        cast(max(landmark_days) as bigint) as landmark_days,
        cast(sum(closed_deals) as bigint) as closed_deals,
        cast(sum(won_deals) as bigint) as won_deals
    from banded
    group by period, moment, contact_band

)

select
    counted.period,
    counted.moment,
    counted.contact_band,
    periods.population,
    counted.landmark_days,
    counted.closed_deals,
    counted.won_deals,
    counted.closed_deals - counted.won_deals as lost_deals,
    {{ rate_columns('counted.won_deals', 'counted.closed_deals', 'win_rate') }}
from counted
inner join {{ ref('dim_periods') }} as periods on counted.period = periods.period
