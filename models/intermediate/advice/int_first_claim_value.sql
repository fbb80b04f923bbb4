{{ config(enabled=true, materialized='ephemeral') }}
-- One row where enough deals of the first claim and of all others were won with an amount: how much more, as a share, a closed deal of its segment
-- brings than one of all deals, win rate and size together. Deals of an account count for fewer.
-- noqa: disable=LT02

with clustered as (

    select * from {{ ref('int_clustered_sides') }}

),

compared as (

    select
        inside.decisions,
        inside.value_per_deal,
        (inside.won_amount + outside.won_amount) / (inside.closed_deals + outside.closed_deals) as value_of_all,
        -- few wins hide their tail: the spread is the larger of both sides
        sqrt(greatest(
            0e0,
            inside.design_effect * (
                greatest(
                    inside.won_decisions * inside.squared_amount / power(inside.won_amount, 2),
                    outside.won_decisions * outside.squared_amount / power(outside.won_amount, 2)
                ) / inside.won_decisions
                - 1e0 / inside.decisions
            )
            + outside.design_effect * (outside.squared_amount / power(outside.won_amount, 2) - 1e0 / outside.decisions)
        )) as log_error
    from clustered as inside
    inner join clustered as outside on inside.is_inside and not outside.is_inside

)

-- drawn to that of all deals as rates are
select
    (value_of_deals + prior_deals * value_of_all) / (decisions + prior_deals) / value_of_all - 1 as relative_value,
    (value_of_deals * exp(-1.959964 * log_error) + prior_deals * value_of_all) / (decisions + prior_deals) / value_of_all - 1 as relative_value_low,
    (value_of_deals * exp(1.959964 * log_error) + prior_deals * value_of_all) / (decisions + prior_deals) / value_of_all - 1 as relative_value_high
from (select *, decisions * value_per_deal as value_of_deals, {{ setting('shrinkage_deals') }} as prior_deals from compared) as drawn  -- noqa: LT09
