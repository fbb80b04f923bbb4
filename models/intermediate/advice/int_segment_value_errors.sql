{{ config(enabled=true, materialized='ephemeral') }}
-- One row per recommendable dimension x segment with deals enough on both sides: the value of an opportunity there and elsewhere, that of a selling
-- day, and the errors of both ratios on the log, which rest on decisions. Deals of an account count for fewer.

-- few wins hide their tail: the spread is the larger of both sides
with compared as (

    select
        *,
        won_amount / nullif(closed_deals, 0) as value_per_deal,
        other_won_amount / nullif(other_closed_deals, 0) as other_value_per_deal,
        timed_amount / nullif(days, 0) as value_per_day,
        other_timed_amount / nullif(other_days, 0) as other_value_per_day,
        sqrt(greatest(
            0e0,
            coalesce(design_effect, 1e0) * (
                greatest(
                    won_decisions * squared_amount / power(won_amount, 2), other_won_decisions * other_squared_amount / power(other_won_amount, 2)
                ) / won_decisions
                - 1e0 / decisions
            )
            + coalesce(other_design_effect, 1e0) * (other_squared_amount / power(other_won_amount, 2) - 1e0 / other_decisions)
        )) as log_error
    from {{ ref('int_valued_sides') }}

)

select
    compared.dimension,
    compared.segment,
    compared.value_per_deal,
    compared.other_value_per_deal,
    compared.all_won_amount / nullif(compared.all_closed_deals, 0) as all_value_per_deal,
    compared.value_per_day,
    compared.other_value_per_day,
    compared.log_error,
    timed.day_error
from compared
left join {{ ref('int_selling_day_errors') }} as timed on compared.dimension = timed.dimension and compared.segment = timed.segment
