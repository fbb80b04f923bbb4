-- One row per period in which a stage was reached x `stage`, `stage_decisions` or `from_stage` x pipeline and stage x days x way of leaving: how
-- many deals. Left out: stages passed over, and deals that left before they came, closed after the export ends or closed without a day.
-- noqa: disable=LT09

with spells as (

    select
        periods.period,
        stages.pipeline || ' | ' || stages.stage as segment,
        stages.left_as,
        stages.outcome,
        stages.decision_line,
        {{ dbt.datediff('stages.entered_on', "coalesce(stages.left_on, case when stages.left_as = 'open' then periods.as_of_on end)", 'day') }} as stage_days,  -- noqa: LT05
        {{ dbt.datediff('stages.entered_on', "coalesce(stages.closed_on, case when stages.outcome = 'open' then periods.as_of_on end)", 'day') }} as days_to_end,  -- noqa: LT05
        {{ dbt.datediff('stages.entered_on', 'periods.as_of_on', 'day') }} as watched_days
    from {{ ref('fct_deal_stages') }} as stages
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'all' or (stages.entered_on >= periods.starts_on and stages.entered_on < periods.ends_before_on)
    where stages.entered_on is not null

),

left_stages as (

    select
        period,
        segment,
        cast(stage_days as integer) as left_days,
        case when left_as = 'advanced' then 'won' else left_as end as left_as,
        count(*) as deals,
        count(*) filter (where decision_line = 1) as decisions
    from spells
    where stage_days between 0 and watched_days
    group by period, segment, stage_days, left_as

)

select period, 'stage' as dimension, segment, 0 as entered_days, left_days, left_as, deals
from left_stages
union all
select period, 'stage_decisions' as dimension, segment, 0 as entered_days, left_days, left_as, decisions as deals
from left_stages
where decisions > 0 and period in ('quarter', 'previous_quarter')
union all
select
    period,
    'from_stage' as dimension,
    segment,
    0 as entered_days,
    cast(days_to_end as integer) as left_days,
    outcome as left_as,
    count(*) as deals
from spells
where days_to_end between 0 and watched_days
group by period, segment, days_to_end, outcome
