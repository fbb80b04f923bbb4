{{ config(enabled=true, materialized='ephemeral') }}
-- One row per recommendable dimension x segment with won deals enough that state how long they took: the error, on the log, of the ratio of what a
-- selling day brings there and elsewhere.

select
    dimension,
    segment,
    sqrt(greatest(
        0e0,
        coalesce(design_effect, 1e0) * (
            greatest(
                timed_won_decisions * squared_timed_amount / power(timed_amount, 2),
                other_timed_won_decisions * other_squared_timed_amount / power(other_timed_amount, 2)
            ) / timed_won_decisions
            + squared_days / power(decision_days, 2) - 2e0 * amount_days / (timed_amount * decision_days)
        )
        + coalesce(other_design_effect, 1e0) * (
            other_squared_timed_amount / power(other_timed_amount, 2)
            + other_squared_days / power(other_decision_days, 2) - 2e0 * other_amount_days / (other_timed_amount * other_decision_days)
        )
    )) as day_error
from {{ ref('int_valued_sides') }}
where
    least(timed_won_decisions, other_timed_won_decisions) >= {{ setting('priced_won_deals') | int }}
    and least(timed_amount, other_timed_amount, decision_days, other_decision_days) > 0
