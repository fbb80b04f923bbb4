{{ config(materialized='ephemeral') }}
-- One row per check of what was left out or never recorded x what it looks at: an export can be read without a fault and yet be wrong.

with closed as (

    select
        outcomes.outcome,
        count(deals.outcome) as closed_deals,
        count(*) filter (where deals.outcome = outcomes.outcome) as deals,
        count(*) filter (where deals.outcome = outcomes.outcome and deals.closed_on is null) as undated_deals,
        count(deals.closed_on) as dated_deals
    from (values ('won'), ('lost')) as outcomes (outcome)
    left join {{ ref('fct_closed_deals') }} as deals on true
    group by outcomes.outcome

),

lopsided as (

    select quarters.*
    from {{ ref('int_one_sided_quarters') }} as quarters
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window' and quarters.starts_on >= periods.starts_on and quarters.starts_on < periods.ends_before_on

)
select * from {{ ref('int_version_guards') }}
union all
-- few deals may all be won by chance
select
    outcome || '_deals' as alert,
    'all closed deals' as subject,
    case when closed_deals >= {{ setting('alert_minimum_closed_deals') | int }} then deals / nullif(closed_deals, 0) end as value
from closed
union all
select
    'undated_deals' as alert,
    outcome as subject,
    case when dated_deals > 0 then undated_deals / nullif(deals, 0) end as value
from closed
union all
-- without any date there are no quarters that a missing one could bend
select
    'no_dates' as alert,
    'all closed deals' as subject,
    case when max(dated_deals) = 0 and max(closed_deals) > 0 then 1e0 end as value
from closed
union all
select
    'lopsided_quarter' as alert,
    quarter as subject,
    chance as value
from lopsided
