{{ config(enabled=true, materialized='ephemeral') }}
{%- set claim_z = (setting('win_rate_claim_z') | string) ~ 'e0' -%}
-- One row: whether the win rate of the deals that closed in the trailing window lies outside the interval of its pace, the lines of one decision
-- counted once on both sides.

with closed as (

    select
        sum(decisions) as decisions,
        {{ rate("sum(case when outcome = 'won' then decisions else 0 end)", 'sum(decisions)') }} as closed_rate
    from {{ ref('int_decisions') }}
    where period = 'window'

),

paced as (

    select
        won_share as pace,
        {{ effective_deals('won_share', 'won_share_variance', 'decided_deals') }} as effective_decisions
    from {{ ref('int_win_curve_steps') }}
    where period = 'window' and dimension = 'all_decisions' and next_age_days is null

),

bounded as (

    select
        closed.decisions,
        closed.closed_rate,
        closed.closed_rate - paced.pace as gap,
        {{ wilson_low('paced.pace * paced.effective_decisions', 'paced.effective_decisions') }} as pace_low,
        {{ wilson_high('paced.pace * paced.effective_decisions', 'paced.effective_decisions') }} as pace_high,
        {{ wilson_low('paced.pace * paced.effective_decisions', 'paced.effective_decisions', claim_z) }} as claim_low,
        {{ wilson_high('paced.pace * paced.effective_decisions', 'paced.effective_decisions', claim_z) }} as claim_high
    from closed
    cross join paced

)

select
    gap,
    case
        when decisions < {{ setting('minimum_deals') | int }} then null
        when closed_rate > claim_high or closed_rate < claim_low then 'strong'
        when closed_rate > pace_high or closed_rate < pace_low then 'directional'
    end as grade
from bounded
