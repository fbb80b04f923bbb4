-- One row per period in which the stage was reached x `stage` (until the deal leaves the stage; won: it went on) or `from_stage` (until it
-- is won or lost) x pipeline and stage x days x way of leaving: how many deals, watched until the export ends. Stages passed over have no
-- days. Deals that left before they came, closed after the export ends or closed without a day are left out.

with spells as (

    select
        periods.period,
        stages.pipeline || ' | ' || stages.stage as segment,
        stages.left_as,
        stages.outcome,
        {{ dbt.datediff('stages.entered_on', "coalesce(stages.left_on, case when stages.left_as = 'open' then periods.as_of_on end)", 'day') }} as stage_days,  -- noqa: LT05
        {{ dbt.datediff('stages.entered_on', "coalesce(stages.closed_on, case when stages.outcome = 'open' then periods.as_of_on end)", 'day') }} as days_to_end,  -- noqa: LT05
        {{ dbt.datediff('stages.entered_on', 'periods.as_of_on', 'day') }} as watched_days
    from {{ ref('fct_deal_stages') }} as stages
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'all' or (stages.entered_on >= periods.starts_on and stages.entered_on < periods.ends_before_on)
    where stages.entered_on is not null

)

select
    period,
    'stage' as dimension,
    segment,
    0 as entered_days,
    cast(stage_days as integer) as left_days,
    case when left_as = 'advanced' then 'won' else left_as end as left_as,
    count(*) as deals
from spells
where stage_days between 0 and watched_days
group by period, segment, stage_days, left_as
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
