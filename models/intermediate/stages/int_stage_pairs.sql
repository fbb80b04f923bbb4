-- One row per pipeline x pair of its open stages: of the deals that stood in both, how many entered the one first, and whether it comes
-- before the other. Where no deal tells, the stage that deals enter at a smaller age comes first; null where nothing tells.

with seen as (

    select
        pipeline,
        stage,
        count(*) as deals,
        avg(cast(age_days as double)) as mean_age_days
    from {{ ref('int_stage_visits') }}
    group by pipeline, stage

),

shared as (

    select
        one.pipeline,
        one.stage,
        other.stage as other_stage,
        count(*) filter (where one.first_entered_at < other.first_entered_at) as before_deals,
        count(*) filter (where one.first_entered_at > other.first_entered_at) as after_deals
    from {{ ref('int_stage_visits') }} as one
    inner join {{ ref('int_stage_visits') }} as other on one.deal_key = other.deal_key and one.stage != other.stage
    group by one.pipeline, one.stage, other.stage

)

select
    one.pipeline,
    one.stage,
    other.stage as other_stage,
    one.deals,
    one.mean_age_days,
    coalesce(shared.before_deals, 0) as before_deals,
    coalesce(shared.after_deals, 0) as after_deals,
    case
        when shared.before_deals > shared.after_deals then 1e0
        when shared.before_deals < shared.after_deals then 0e0
        when shared.before_deals > 0 then 5e-1
        when one.mean_age_days < other.mean_age_days then 1e0
        when one.mean_age_days > other.mean_age_days then 0e0
        when one.mean_age_days = other.mean_age_days then 5e-1
    end as comes_first
from seen as one
left join seen as other on one.pipeline = other.pipeline and one.stage != other.stage
left join shared on one.pipeline = shared.pipeline and one.stage = shared.stage and other.stage = shared.other_stage
