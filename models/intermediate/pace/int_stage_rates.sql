-- One row per period x `stage` or `from_stage` x pipeline and stage: the share of deals that went on, or that was won in the end, with its
-- interval, and the days until half had left. Open deals count for as long as they were watched.

with curves as (

    select
        period,
        dimension,
        segment,
        max(won_share) as won_share,
        max(decided_deals) as decided_deals,
        max(case when next_age_days is null then won_share_variance end) as variance,
        -- a hair above the half, which a product of shares may miss
        min(case when open_share <= 5e-1 + 1e-9 then age_days end) as median_days
    from {{ ref('int_win_curve_steps') }}
    where dimension in ('stage', 'from_stage')
    group by period, dimension, segment

),

weighed as (

    select
        *,
        {{ effective_deals('won_share', 'variance', 'decided_deals') }} as effective_deals
    from curves

)

select
    period,
    dimension,
    segment,
    won_share,
    {{ wilson_columns('effective_deals * won_share', 'effective_deals', 'won_share') }},
    effective_deals,
    cast(median_days as integer) as median_days
from weighed
