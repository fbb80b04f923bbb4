-- Detects lost deals that count under no loss reason, or under two.
-- Shares of loss reasons are read as parts of a whole.
-- A returned row is a period whose reasons do not add up to its lost deals.

with added as (

    select
        period,
        sum(lost_deals) as lost_deals
    from {{ ref('loss_reasons') }}
    group by period

)

select
    baseline.period,
    baseline.lost_deals,
    added.lost_deals as lost_deals_of_reasons
from {{ ref('win_rate_baseline') }} as baseline
left join added on baseline.period = added.period
where baseline.lost_deals is distinct from coalesce(added.lost_deals, 0)
