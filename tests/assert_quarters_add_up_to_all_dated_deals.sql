-- Detects closed deals with a date that fall into no quarter, or quarters that share deals.
-- The p-chart's center line is the rate of all quarters together.
-- A returned row shows the two counts that should be one.

with dated as (

    select count(*) as closed_deals
    from {{ ref('fct_closed_deals') }}
    where closed_on is not null

),

added as (

    select coalesce(sum(closed_deals), 0) as closed_deals
    from {{ ref('win_rates_by_quarter') }}

)

select
    dated.closed_deals,
    added.closed_deals as closed_deals_of_quarters
from dated
cross join added
where dated.closed_deals is distinct from added.closed_deals
