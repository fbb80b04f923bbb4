-- One row per pipeline x open stage: the share of the deals that entered it in the quarter under review and had gone on by an age, against
-- that of the previous quarter by the same age. Stages may not be added: a deal is in every stage it entered.

with counts as (

    select
        pipeline,
        stage,
        coalesce(max(case when period = 'quarter' then dated_deals end), 0) as entered_deals,
        coalesce(max(case when period = 'previous_quarter' then dated_deals end), 0) as previous_entered_deals,
        coalesce(max(case when period = 'all' then dated_deals end), 0) as dated_deals
    from {{ ref('int_stage_counts') }}
    group by pipeline, stage

)

select
    stages.pipeline,
    stages.stage,
    stages.stage_order,
    periods.population,
    cast(counts.entered_deals as bigint) as entered_deals,
    cast(counts.previous_entered_deals as bigint) as previous_entered_deals,
    judged.within_days,
    judged.rate as advance_rate,
    judged.rate_low as advance_rate_low,
    judged.rate_high as advance_rate_high,
    judged.effective_deals,
    judged.previous_rate as previous_advance_rate,
    judged.previous_rate_low as previous_advance_rate_low,
    judged.previous_rate_high as previous_advance_rate_high,
    judged.previous_effective_deals,
    judged.change,
    judged.change_low,
    judged.change_high,
    judged.p_value,
    judged.q_value,
    judged.p_value is not null as is_tested,
    coalesce(judged.passed <= {{ setting('change_claim_rate') | float }}, false) as is_changed,
    coalesce(
        judged.passed > {{ setting('change_claim_rate') | float }} and judged.passed <= {{ setting('false_discovery_rate') | float }}, false
    ) as is_promising,
    case
        when counts.dated_deals = 0 then 'no deal has a day on which it entered the stage'
        when counts.entered_deals = 0 then 'no deal entered the stage in the quarter'
        when counts.previous_entered_deals = 0 then 'no deal entered the stage in the previous quarter'
        when judged.p_value is null then 'too few deals left the stage in both quarters to compare them at the same age'
    end as missing_reason
from {{ ref('dim_stages') }} as stages
inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
inner join counts on stages.pipeline = counts.pipeline and stages.stage = counts.stage
left join {{ ref('int_stage_verdicts') }} as judged on judged.segment = stages.pipeline || ' | ' || stages.stage
