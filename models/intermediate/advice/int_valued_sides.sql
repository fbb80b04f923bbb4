{{ config(enabled=true, materialized='ephemeral') }}
{%- set measures = [
    'closed_deals', 'won_amount', 'squared_amount', 'days', 'squared_days',
    'timed_amount', 'squared_timed_amount', 'amount_days', 'squared_account_amount', 'account_amount_deals',
    'squared_account_deals', 'decisions', 'won_decisions', 'timed_won_decisions', 'decision_days',
] %}
-- One row per recommendable dimension x segment with deals enough on both sides: the sums of the segment, of all other deals (`other_`), and how
-- much more the sums of accounts vary than those of as many deals that share nothing, for deals of an account are of a size.
-- noqa: disable=LT02,LT05

with sides as (

    select
        own.*
        {%- for measure in measures %}, all_{{ measure }} - {{ measure }} as other_{{ measure }}{% endfor %}
    from {{ ref('int_segment_values') }} as own

)

select
    sides.*,
    greatest(
        1e0,
        (
            squared_account_amount
            - 2e0 * won_amount / decisions * account_amount_deals
            + power(won_amount / decisions, 2) * squared_account_deals
        ) / nullif(squared_amount - power(won_amount, 2) / decisions, 0)
    ) as design_effect,
    greatest(
        1e0,
        (
            other_squared_account_amount
            - 2e0 * other_won_amount / other_decisions * other_account_amount_deals
            + power(other_won_amount / other_decisions, 2) * other_squared_account_deals
        ) / nullif(other_squared_amount - power(other_won_amount, 2) / other_decisions, 0)
    ) as other_design_effect
from sides
where
    least(decisions, other_decisions) >= {{ setting('minimum_deals') | int }}
    and least(won_decisions, other_won_decisions) >= {{ setting('priced_won_deals') | int }}
    and least(won_amount, other_won_amount) > 0
