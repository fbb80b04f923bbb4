{{ config(enabled=true, materialized='ephemeral') }}
-- One row per judged quarter x profile of accounts: what the quarters before expected of its deals, what they did, and what those won brought.

-- alike deals of a quarter once: they have one score
with profiles as (

    select
        closed_quarter,
        concat_ws(chr(31), {{ account_attributes() | join(', ') }}) as profile,
        count(*) as closed_deals,
        sum(is_won) as won_deals,
        sum({{ of_decision() }}) as decisions,
        count(case when is_won = 1 then amount end) as valued_won_deals,
        sum(case when is_won = 1 then amount end) as won_amount
    from {{ ref('fct_closed_deals') }}
    group by all

)

select
    scores.quarter,
    scores.tier,
    scores.expected_win_rate,
    profiles.closed_deals,
    profiles.won_deals,
    profiles.decisions,
    profiles.valued_won_deals,
    profiles.won_amount
from {{ advice('int_account_scores') }} as scores
inner join profiles on scores.quarter = profiles.closed_quarter and scores.profile = profiles.profile
where scores.kind = 'judged'
