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
    {% for counted, lines in [('deals', 'true'), ('decisions', 'decision_line = 1')] -%}
    count(*) filter (where {{ lines }}) as lost_{{ counted }},
    count(*) filter (where {{ lines }} and closed_on is not null) as dated_{{ counted }},
    count(*) filter (where {{ lines }} and loss_reason_category = 'competitor') as competitor_{{ counted }},
    count(*) filter (where {{ lines }} and competitor not in ('unknown', 'none')) as named_{{ counted }},
    {% endfor -%}
    count(*) filter (where decision_line = 1 and loss_reason_category in ('unspecified', 'other')) as unusable_reasons,
    count(*) filter (where decision_line = 1 and days_to_quarter_end <= {{ setting('quarter_end_days') | int }}) as last_days_decisions,
    count(*) filter (where decision_line = 1 and loss_reason_category = 'competitor' and competitor in ('unknown', 'none')) as unnamed_competitors,
    count(*) filter (where decision_line = 1 and competitor not in ('unknown', 'none') and loss_reason_category != 'competitor') as unblamed_competitors
from lost_deals
inner join bulk on lost_deals.period = bulk.period
group by lost_deals.period
