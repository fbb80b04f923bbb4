{{ config(materialized='table') }}
-- One row per period x dimension x segment x age in days at which deals were decided: the shares of deals won, lost and still open by that
-- age. A deal counts for as long as it was watched (Aalen and Johansen 1978; won and lost are competing risks).

-- what was open just before an age is what could be won at it
with opened as (

    select
        *,
        coalesce(lag(open_share) over (partition by period, dimension, segment order by age_days), 1e0) as open_share_before,
        coalesce(decided / nullif(at_risk * (at_risk - decided), 0), 0e0) as spread
    from {{ ref('int_open_shares') }}

),

cumulated as (

    select
        *,
        sum(open_share_before * won_at_age / at_risk) over (partition by period, dimension, segment order by age_days) as won_share
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
    cast(won_at_age as bigint) as won_deals,
    cast(decided - won_at_age as bigint) as lost_deals,
    cast(sum(decided) over by_age as bigint) as decided_deals,
    won_at_age / at_risk as won_hazard,
    (decided - won_at_age) / at_risk as lost_hazard,
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
        + sum(power(open_share_before, 2) * won_at_age * (at_risk - won_at_age) / power(at_risk, 3)) over by_age
        - 2 * won_share * sum(open_share_before * won_at_age / power(at_risk, 2)) over by_age
        + 2 * sum(won_share * open_share_before * won_at_age / power(at_risk, 2)) over by_age
    ) as won_share_variance
from cumulated
window by_age as (partition by period, dimension, segment order by age_days)
