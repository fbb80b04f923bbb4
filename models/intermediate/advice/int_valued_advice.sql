{{ config(enabled=true, materialized='ephemeral') }}
-- One row per recommendation, as in icp_recommendations, with what opportunities of its segment are worth. A pair has no value of its own.

with sides as (

    select
        dimension,
        segment
    from {{ ref('dim_segment_cuts') }}
    group by dimension, segment

)

select
    recommended.*,
    worth.value_ratio,
    worth.value_ratio_low,
    worth.value_ratio_high,
    worth.day_ratio,
    worth.day_ratio_low,
    worth.day_ratio_high,
    worth.value_per_deal,
    worth.other_value_per_deal,
    worth.all_value_per_deal,
    worth.value_verdict,
    worth.won_deals as valued_won_deals,
    worth.decisions as valued_decisions,
    worth.value_missing_reason,
    recommended.action in ('target_more', 'deprioritise') as is_claimed,
    sides.segment is not null as is_side
from {{ ref('icp_recommendations') }} as recommended
left join {{ ref('segment_values') }} as worth
    on recommended.second_segment is null
    and recommended.dimension = worth.dimension
    and recommended.segment = worth.segment
-- the value of a side beside those of its bands would tell one that is hidden because it rests on few wins
left join sides
    on recommended.second_segment is null
    and recommended.dimension = sides.dimension
    and recommended.segment = sides.segment
