{{ config(materialized='ephemeral') }}
-- One row per pipeline and stage whose deals were decided in the quarter under review and in the one before: the shares that had gone on by
-- the same age. Nothing may be added.

with steps as (

    select
        period,
        segment,
        age_days,
        -- a young quarter's curve ends on the few deals that came first: it is read where enough are still watched
        max(case when at_risk_deals >= {{ setting('curve_minimum_deals') | int }} then age_days end) over (partition by period, segment) as reach_days,
        won_share as rate,
        {{ effective_deals('won_share', 'won_share_variance', 'decided_deals') }} as effective_deals
    from {{ ref('int_win_curve_steps') }}
    where dimension = 'stage_decisions' and period in ('quarter', 'previous_quarter')

),

ages as (

    select
        segment,
        min(reach_days) as within_days
    from steps
    where reach_days is not null
    group by segment
    having count(distinct period) = 2

),

read_off as (

    select
        steps.*,
        ages.within_days,
        row_number() over (partition by steps.period, steps.segment order by steps.age_days desc) as latest_first
    from steps
    inner join ages on steps.segment = ages.segment and steps.age_days <= ages.within_days

)

select
    segment,
    within_days,
    max(case when period = 'quarter' then rate end) as rate,
    max(case when period = 'quarter' then effective_deals end) as effective_deals,
    max(case when period = 'previous_quarter' then rate end) as previous_rate,
    max(case when period = 'previous_quarter' then effective_deals end) as previous_effective_deals,
    sum(rate * effective_deals) / nullif(sum(effective_deals), 0) as pooled_rate
from read_off
where latest_first = 1
group by segment, within_days
having count(*) = 2
