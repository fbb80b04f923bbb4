{{ config(enabled=true, materialized='ephemeral') }}
-- One row where a segment to target more is claimed: the first such claim, which is what following the advice is priced by.

with recommended as (

    select
        *,
        row_number() over (order by rank) as place
    from {{ ref('icp_recommendations') }}
    where action = 'target_more' and not is_remainder

)

select
    segment_label,
    grade,
    dimension,
    segment,
    second_dimension,
    second_segment,
    shift_points,
    extra_wins_per_100,
    extra_wins_low,
    extra_wins_high
from recommended
where place = 1
