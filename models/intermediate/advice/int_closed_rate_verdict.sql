{{ config(enabled=true, materialized='ephemeral') }}
-- One row: whether the win rate of the deals that closed in the trailing window lies outside the interval of its pace, the lines of one decision
-- counted once on both sides.

with closed as (

    select
        sum(decisions) as decisions,
        sum(case when outcome = 'won' then decisions else 0 end) / nullif(sum(decisions), 0) as closed_rate
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
        {{ wilson_columns('paced.pace * paced.effective_decisions', 'paced.effective_decisions', 'pace') }},
        {{ wilson_columns('paced.pace * paced.effective_decisions', 'paced.effective_decisions', 'claim', setting('win_rate_claim_z') ~ 'e0') }}
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
