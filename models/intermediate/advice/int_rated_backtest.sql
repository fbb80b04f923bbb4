{{ config(enabled=true, materialized='ephemeral') }}
-- One row per method x past quarter: the rates of its deals inside the advice and outside, and whether the advice held. Intervals are of decisions, of
-- which lines that nothing tells apart are one; the verdict is that of deals and of decisions alike.

with rated as (

    select
        *,
        {{ decided_rate_columns('inside_won_deals', 'inside_closed_deals', 'inside_decisions', 'inside_win_rate') }},
        {{ decided_rate_columns('outside_won_deals', 'outside_closed_deals', 'outside_decisions', 'outside_win_rate') }},
        {{ difference_columns('inside_win_rate', 'outside_win_rate', 'difference') }},
        {{ rate_columns('inside_won_decisions', 'inside_decisions', 'inside_decided_rate') }},
        {{ rate_columns('outside_won_decisions', 'outside_decisions', 'outside_decided_rate') }},
        {{ difference_columns('inside_decided_rate', 'outside_decided_rate', 'decided_difference') }}
    from {{ advice('int_icp_backtest') }}

)

select
    method,
    quarter,
    trained_from,
    trained_to,
    advice,
    inside_closed_deals,
    inside_won_deals,
    outside_closed_deals,
    outside_won_deals,
    inside_win_rate,
    inside_win_rate_low,
    inside_win_rate_high,
    outside_win_rate,
    difference,
    difference_low,
    difference_high,
    case
        when difference is null then null
        when least(inside_decisions, outside_decisions) < {{ setting('minimum_deals') | int }} then 'too early to tell'
        when least(difference_low, decided_difference_low) > 0 then 'held'
        when greatest(difference_high, decided_difference_high) < 0 then 'did not hold'
        else 'too early to tell'
    end as verdict
from rated
