-- One row per deal with a known stage x stage it reached: entered, or passed over on the way to a later one. The furthest stage decides
-- what is reached, so at every stage reached = advanced + lost + disqualified + open. A won deal reached all stages of its pipeline.

with visits as (

    select
        visits.*,
        stages.stage_order,
        max(stages.stage_order) over (partition by visits.deal_key) as furthest_order,
        max(visits.first_entered_at) over (partition by visits.deal_key) is not null as has_moments
    from {{ ref('int_stage_visits') }} as visits
    inner join {{ ref('dim_stages') }} as stages on visits.pipeline = stages.pipeline and visits.stage = stages.stage

),

reached as (

    select
        deals.deal_key,
        deals.pipeline,
        stages.stage,
        stages.stage_order,
        deals.outcome,
        deals.decision_line,
        deals.closed_on,
        deals.amount,
        bool_or(visits.has_moments) as has_moments,
        max(visits.furthest_order) > stages.stage_order or deals.outcome = 'won' as is_passed,
        max(case when visits.stage_order = stages.stage_order then 1 else 0 end) = 1 as is_visited,
        max(case when visits.stage_order = stages.stage_order then visits.first_entered_at end) as entered_at,
        max(case when visits.stage_order = stages.stage_order then visits.left_at end) as left_at,
        min(case when visits.stage_order > stages.stage_order then visits.first_entered_at end) as passed_at,
        max(case when visits.stage_order < stages.stage_order then visits.last_entered_at end) as last_earlier_at
    from visits
    inner join {{ ref('fct_deals') }} as deals on visits.deal_key = deals.deal_key
    inner join {{ ref('dim_stages') }} as stages
        on deals.pipeline = stages.pipeline and (stages.stage_order <= visits.furthest_order or deals.outcome = 'won')
    group by deals.deal_key, deals.pipeline, stages.stage, stages.stage_order, deals.outcome, deals.decision_line, deals.closed_on, deals.amount

)

select
    deal_key,
    pipeline,
    stage,
    stage_order,
    outcome,
    decision_line,
    case when is_passed then 'advanced' else outcome end as left_as,
    -- without a moment it is not known whether a stage was passed over
    case when has_moments then not is_visited end as is_skipped,
    coalesce(last_earlier_at > entered_at, false) as is_moved_back,
    case when has_moments then cast(coalesce(entered_at, passed_at, cast(closed_on as timestamp)) as date) end as reached_on,
    cast(entered_at as date) as entered_on,
    -- the first later stage ends a stage, else, where it went on, the day the history states, else the close
    cast(coalesce(passed_at, case when is_passed and (cast(left_at as date) <= closed_on) then left_at end, cast(closed_on as timestamp)) as date) as left_on,
    closed_on,
    amount
from reached
