{{ config(enabled=true, materialized='ephemeral') }}
-- One row per side on which a competitor is claimed: the surest claim to win less often against one, and the surest to win more often. A claim
-- that its own counts contradict asks for nothing.

with claims as (

    select
        competitor,
        rationale,
        claim_step,
        {{ percent_text('win_rate') }} as win_rate,
        {{ percent_text('other_win_rate') }} as rest_rate,
        case when win_rate < other_win_rate then 'win_less' else 'win_more' end as situation
    from {{ ref('win_rates_by_competitor') }}
    where period = 'window' and is_claimed and (win_rate - other_win_rate) * expected_difference > 0

),

sides as (

    select
        *,
        row_number() over (partition by situation order by claim_step) as place_on_side
    from claims

),

plays as (

    select
        'competitor' as kind,
        row_number() over (order by claim_step) as place,
        situation,
        rationale as evidence,
        'win_rates_by_competitor' as source_table,
        competitor as source_row,
        competitor,
        win_rate,
        rest_rate
    from sides
    where place_on_side = 1

)

{{ filled_plays('plays', ['competitor', 'win_rate', 'rest_rate']) }}
