-- One row per pipeline and stage whose deals were decided in the quarter under review and in the one before: the share that had gone on by
-- the same age, and whether chance explains the difference. Nothing may be added.

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
    where dimension = 'stage' and period in ('quarter', 'previous_quarter')

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

),

pairs as (

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

),

-- the score test of two shares; where all or none had gone on, they are alike
compared as (

    select
        *,
        least(effective_deals, previous_effective_deals) >= {{ setting('minimum_deals') | int }} as is_tested,
        coalesce(
            (rate - previous_rate) / nullif(sqrt(pooled_rate * (1 - pooled_rate) * (1 / effective_deals + 1 / previous_effective_deals)), 0), 0e0
        ) as deviate
    from pairs

),

tested as (

    select
        *,
        case when is_tested then {{ two_sided_p('deviate') }} end as p_value
    from compared

),

placed as (

    select
        *,
        count(p_value) over () as tests,
        count(p_value) over (order by p_value nulls last) as place
    from tested

)

select
    segment,
    cast(within_days as integer) as within_days,
    rate,
    effective_deals,
    previous_rate,
    previous_effective_deals,
    p_value,
    -- of the tests as unlikely or less so, the least (Benjamini and Hochberg 1995)
    case when p_value is not null then min(p_value * tests / nullif(place, 0)) over (order by p_value desc nulls first) end as q_value
from placed
