{{ config(enabled=true) }}
{%- set measures = [
    'closed_deals', 'won_amount', 'squared_amount', 'days', 'squared_days',
    'timed_amount', 'squared_timed_amount', 'amount_days', 'squared_account_amount', 'account_amount_deals',
    'squared_account_deals', 'decisions', 'won_decisions', 'timed_won_decisions', 'decision_days',
] %}
-- One row per recommendable dimension x segment with deals enough on both sides: the value of an opportunity there and elsewhere, that of a selling
-- day, and the errors of both ratios on the log, which rest on decisions. Deals of an account count for fewer.
-- noqa: disable=LT02

with sides as (

    select
        own.*
        {%- for measure in measures %},
        all_{{ measure }} - {{ measure }} as rest_{{ measure }}
        {%- endfor %}
    from {{ ref('int_segment_values') }} as own

),

-- deals of an account are of a size: how much more the sums of accounts vary than those of as many deals that share nothing
clustered as (

    select
        *,
        {%- for side in ['', 'rest_'] %}
        greatest(
            1e0,
            (
                {{ side }}squared_account_amount
                - 2e0 * {{ side }}won_amount / {{ side }}decisions * {{ side }}account_amount_deals
                + power({{ side }}won_amount / {{ side }}decisions, 2) * {{ side }}squared_account_deals
            ) / nullif({{ side }}squared_amount - power({{ side }}won_amount, 2) / {{ side }}decisions, 0)
        ) as {{ side }}design_effect{{ ',' if not loop.last }}
        {%- endfor %}
    from sides
    where
        least(decisions, rest_decisions) >= {{ setting('minimum_deals') | int }}
        and least(won_decisions, rest_won_decisions) >= {{ setting('priced_won_deals') | int }}
        and least(won_amount, rest_won_amount) > 0

),

-- few wins hide their tail: the spread is the larger of both sides
compared as (

    select
        *,
        {{ rate('won_amount', 'closed_deals') }} as value_per_deal,
        {{ rate('rest_won_amount', 'rest_closed_deals') }} as other_value_per_deal,
        {{ rate('timed_amount', 'days') }} as value_per_day,
        {{ rate('rest_timed_amount', 'rest_days') }} as other_value_per_day,
        sqrt(greatest(
            0e0,
            coalesce(design_effect, 1e0) * (
                greatest(
                    won_decisions * squared_amount / power(won_amount, 2), rest_won_decisions * rest_squared_amount / power(rest_won_amount, 2)
                ) / won_decisions
                - 1e0 / decisions
            )
            + coalesce(rest_design_effect, 1e0) * (rest_squared_amount / power(rest_won_amount, 2) - 1e0 / rest_decisions)
        )) as log_error
    from clustered

),

timed as (

    select
        dimension,
        segment,
        sqrt(greatest(
            0e0,
            coalesce(design_effect, 1e0) * (
                greatest(
                    timed_won_decisions * squared_timed_amount / power(timed_amount, 2),
                    rest_timed_won_decisions * rest_squared_timed_amount / power(rest_timed_amount, 2)
                ) / timed_won_decisions
                + squared_days / power(decision_days, 2) - 2e0 * amount_days / (timed_amount * decision_days)
            )
            + coalesce(rest_design_effect, 1e0) * (
                rest_squared_timed_amount / power(rest_timed_amount, 2)
                + rest_squared_days / power(rest_decision_days, 2) - 2e0 * rest_amount_days / (rest_timed_amount * rest_decision_days)
            )
        )) as day_error
    from compared
    where
        least(timed_won_decisions, rest_timed_won_decisions) >= {{ setting('priced_won_deals') | int }}
        and least(timed_amount, rest_timed_amount, decision_days, rest_decision_days) > 0

)

select
    compared.dimension,
    compared.segment,
    compared.value_per_deal,
    compared.other_value_per_deal,
    {{ rate('compared.all_won_amount', 'compared.all_closed_deals') }} as all_value_per_deal,
    compared.value_per_day,
    compared.other_value_per_day,
    compared.log_error,
    timed.day_error
from compared
left join timed on compared.dimension = timed.dimension and compared.segment = timed.segment
