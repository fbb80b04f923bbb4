-- One row per pipeline and stage whose deals were decided in the quarter under review and in the one before: the share that had gone on by
-- the same age, and whether chance explains the difference. Nothing may be added.

-- the score test of two shares; where all or none had gone on, they are alike
with compared as (

    select
        *,
        least(effective_deals, previous_effective_deals) >= {{ setting('minimum_deals') | int }} as is_tested,
        coalesce(
            (rate - previous_rate) / nullif(sqrt(pooled_rate * (1 - pooled_rate) * (1 / effective_deals + 1 / previous_effective_deals)), 0), 0e0
        ) as deviate
    from {{ ref('int_stage_quarters') }}

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
