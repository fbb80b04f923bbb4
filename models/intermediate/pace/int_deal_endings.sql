{{ config(materialized='table') }}
-- One row per basis x day x ending x whether a competitor is named, as in int_deals_by_day, with open deals told apart by their age: the
-- basis `created` holds every deal with a day of creation, `closed` all that are no longer open, or stale. Bases may not be added.

with ages as (

    select min(age_days) as stale_after_days
    from {{ ref('int_win_chances') }}
    where period = 'window' and is_stale_age

),

-- an open deal older than almost every deal that is won was lost the day it became so, whatever the CRM says
judged as (

    select
        days.*,
        days.counted_on + ages.stale_after_days as stale_on,
        days.ending = 'open' and days.counted_on + ages.stale_after_days <= as_of.as_of_on as is_stale
    from {{ ref('int_deals_by_day') }} as days
    cross join ages
    cross join {{ ref('dim_as_of') }} as as_of

)

select
    basis,
    counted_on,
    case when is_stale then 'stale' else ending end as ending,
    is_competitor_named,
    deals,
    amounts,
    amount,
    squared_amount
from judged
union all
select
    'closed' as basis,
    stale_on as counted_on,
    'stale' as ending,
    is_competitor_named,
    deals,
    amounts,
    amount,
    squared_amount
from judged
where is_stale
