{{ config(materialized='ephemeral') }}
-- One row per dimension x segment x age at which deals of the window were decided: the chance that a deal of the segment, still open at
-- that age, is won yet. Age -1 is before a deal is created.

with survived as (

    select
        *,
        {{ running_product('kept_share', 'dimension, segment', 'age_days') }} as open_share
    from {{ ref('int_segment_hazards') }}

),

opened as (

    select
        *,
        coalesce(lag(open_share) over (partition by dimension, segment order by age_days), 1e0) as open_share_before
    from survived

),

cumulated as (

    select
        *,
        sum(open_share_before * won_hazard) over (partition by dimension, segment order by age_days) as won_share
    from opened

)

select
    *,
    max(won_share) over (partition by dimension, segment) as final_won_share,
    coalesce((max(won_share) over (partition by dimension, segment) - won_share) / nullif(open_share, 0), 0e0) as win_chance
from cumulated
