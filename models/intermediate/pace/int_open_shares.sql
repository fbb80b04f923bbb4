{{ config(materialized='ephemeral') }}
-- One row per period x dimension x segment x age in days at which deals were decided, where that counts: the share of deals still open after
-- it, by the product limit (Kaplan and Meier 1958). A deal counts for as long as it was watched.

with held as (

    select
        *,
        won_deals + lost_deals as decided_deals,
        sum(case when is_counted then won_deals + lost_deals else 0 end) over of_curve / nullif(sum(won_deals + lost_deals) over of_curve, 0) as held_share
    from {{ ref('int_spell_days') }}
    window of_curve as (partition by period, dimension, segment)

),

-- a curve without half of what was decided says nothing of it
decided as (

    select
        period,
        dimension,
        segment,
        age_days,
        cast(at_risk_deals as double) as at_risk,
        cast(won_deals as double) as won_at_age,
        cast(decided_deals as double) as decided,
        1e0 - cast(decided_deals as double) / at_risk_deals as kept_share
    from held
    where decided_deals > 0 and is_counted and held_share >= {{ setting('curve_minimum_share') | float }}

)

select
    period,
    dimension,
    segment,
    age_days,
    at_risk,
    won_at_age,
    decided,
    {{ running_product('kept_share', 'period, dimension, segment', 'age_days') }} as open_share
from decided
