{{ config(materialized='ephemeral') }}
-- One row: deals won since the last loss, and how many losses would have come since, at the rate of the window: losses come by chance.

with closed_deals as (

    select
        deals.closed_on,
        deals.outcome = 'won' as is_won
    from {{ ref('fct_deals') }} as deals
    inner join {{ ref('dim_as_of') }} as as_of on deals.closed_on <= as_of.as_of_on
    where deals.is_in_population and deals.outcome != 'open'

),

last_losses as (

    select max(closed_on) as lost_on
    from closed_deals
    where not is_won

)

select
    count(*) filter (where closed_deals.is_won and closed_deals.closed_on > last_losses.lost_on) as won_since_deals,
    count(*) filter (where not closed_deals.is_won and closed_deals.closed_on >= periods.starts_on and closed_deals.closed_on < periods.ends_before_on)
    * max({{ dbt.datediff('last_losses.lost_on', 'periods.as_of_on', 'day') }})
    / nullif(cast(max({{ dbt.datediff('periods.starts_on', 'periods.ends_before_on', 'day') }}) as double), 0) as expected_losses,
    count(*) as closed_deals
from closed_deals
cross join last_losses
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
