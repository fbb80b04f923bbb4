{{ config(enabled=true, materialized='ephemeral') }}
-- One row per period with a loss: how its losses are recorded, lines of one decision counted once. Periods overlap and may not be added.

with lost_deals as (

    select
        periods.period,
        deals.*,
        {{ dbt.datediff('deals.closed_on', quarters_later('deals.closed_quarter_starts_on', 1), 'day') }} as days_to_quarter_end  -- noqa: LT05
    from {{ ref('fct_closed_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on deals.closed_on is not distinct from periods.closed_on
    where deals.outcome = 'lost'

),

-- the most losses one owner closed on one day
bulk as (

    select
        period,
        max(case when closed_on is not null and owner != 'unknown' then lost_decisions end) as bulk_decisions
    from (
        select
            period,
            owner,
            closed_on,
            count(*) as lost_decisions
        from lost_deals
        where decision_line = 1
        group by period, owner, closed_on
    ) as days
    group by period

)

select
    lost_deals.period,
    max(bulk.bulk_decisions) as bulk_decisions,
    count(*) as lost_deals,
    count(closed_on) as dated_deals,
    count(*) filter (where loss_reason_category = 'competitor') as competitor_deals,
    count(*) filter (where competitor not in ('unknown', 'none')) as named_deals,
    count(*) filter (where decision_line = 1) as lost_decisions,
    count(closed_on) filter (where decision_line = 1) as dated_decisions,
    count(*) filter (where decision_line = 1 and loss_reason_category = 'competitor') as competitor_decisions,
    count(*) filter (where decision_line = 1 and competitor not in ('unknown', 'none')) as named_decisions,
    count(*) filter (where decision_line = 1 and loss_reason_category in ('unspecified', 'other')) as unusable_reasons,
    count(*) filter (where decision_line = 1 and days_to_quarter_end <= {{ setting('quarter_end_days') | int }}) as last_days_decisions,
    count(*) filter (where decision_line = 1 and loss_reason_category = 'competitor' and competitor in ('unknown', 'none')) as unnamed_competitors,
    count(*) filter (where decision_line = 1 and competitor not in ('unknown', 'none') and loss_reason_category != 'competitor') as unblamed_competitors
from lost_deals
inner join bulk on lost_deals.period = bulk.period
group by lost_deals.period
