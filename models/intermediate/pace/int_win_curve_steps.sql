{{ config(materialized='table') }}
-- One row per period x dimension x segment x age in days at which deals were decided: the shares of deals won, lost and still open by that
-- age. A deal counts for as long as it was watched (Aalen and Johansen 1978; won and lost are competing risks).

with held as (

    select
        *,
        {{ rate(
            'sum(case when is_counted then won_deals + lost_deals else 0 end) over (partition by period, dimension, segment)',
            'sum(won_deals + lost_deals) over (partition by period, dimension, segment)'
        ) }} as held_share
    from {{ ref('int_spell_days') }}

),

-- a curve without half of what was decided says nothing of it
decided as (

    select
        period,
        dimension,
        segment,
        age_days,
        cast(at_risk_deals as double) as at_risk,
        cast(won_deals as double) as won,
        cast(won_deals + lost_deals as double) as decided,
        1e0 - cast(won_deals + lost_deals as double) / at_risk_deals as kept_share
    from held
    where won_deals + lost_deals > 0 and is_counted and held_share >= {{ setting('curve_minimum_share') | float }}

),

survived as (

    select
        *,
        {{ running_product('kept_share', 'period, dimension, segment', 'age_days') }} as open_share
    from decided

),

-- what was open just before an age is what could be won at it
opened as (

    select
        *,
        coalesce(lag(open_share) over (partition by period, dimension, segment order by age_days), 1e0) as open_share_before,
        coalesce(decided / nullif(at_risk * (at_risk - decided), 0), 0e0) as spread
    from survived

),

cumulated as (

    select
        *,
        sum(open_share_before * won / at_risk) over (partition by period, dimension, segment order by age_days) as won_share
    from opened

)

-- the variance of the share won is quadratic in that share, so running sums make it (delta method; Marubini and Valsecchi 1995, chapter 10)
select
    period,
    dimension,
    segment,
    age_days,
    lead(age_days) over by_age as next_age_days,
    cast(at_risk as bigint) as at_risk_deals,
    cast(won as bigint) as won_deals,
    cast(decided - won as bigint) as lost_deals,
    cast(sum(decided) over by_age as bigint) as decided_deals,
    won / at_risk as won_hazard,
    (decided - won) / at_risk as lost_hazard,
    open_share_before,
    open_share,
    -- a sum of shares may pass one by a hair
    least(1e0, won_share) as won_share,
    greatest(0e0, 1e0 - open_share - won_share) as lost_share,
    greatest(
        0e0,
        won_share * won_share * sum(spread) over by_age
        - 2 * won_share * sum(spread * won_share) over by_age
        + sum(spread * won_share * won_share) over by_age
        + sum(power(open_share_before, 2) * won * (at_risk - won) / power(at_risk, 3)) over by_age
        - 2 * won_share * sum(open_share_before * won / power(at_risk, 2)) over by_age
        + 2 * sum(won_share * open_share_before * won / power(at_risk, 2)) over by_age
    ) as won_share_variance
from cumulated
window by_age as (partition by period, dimension, segment order by age_days)
