{{ config(enabled=true) }}
-- One row where enough deals of the first claim and of all others were won with an amount: how much more, as a share, a closed deal of its segment
-- brings than one of all deals, win rate and size together. Deals of an account count for fewer.
-- noqa: disable=LT02

with sides as (

    select
        *,
        won_amount / closed_deals as value_per_deal,
        -- of deals that share nothing
        squared_amount - power(won_amount, 2) / decisions as spread,
        won_amount / decisions as value_per_decision
    from {{ ref('int_first_claim_sides') }}
    where
        decisions >= {{ setting('minimum_deals') | int }}
        and won_decisions >= {{ setting('priced_won_deals') | int }}
        and won_amount > 0

),

-- deals of an account are of a size: how much more the sums of accounts vary than `spread`, that of deals that share nothing
clustered as (

    select
        *,
        squared_account_amount - 2e0 * value_per_decision * account_amount_deals + power(value_per_decision, 2) * squared_account_deals as account_spread,
        coalesce(greatest(1e0, account_spread / nullif(spread, 0)), 1e0) as design_effect
    from sides

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
    {%- for end, factor in [('', '1e0'), ('_low', 'exp(-1.959964 * log_error)'), ('_high', 'exp(1.959964 * log_error)')] %}
    (decisions * value_per_deal * {{ factor }} + {{ setting('shrinkage_deals') }} * value_of_all)
    / (decisions + {{ setting('shrinkage_deals') }}) / value_of_all - 1 as relative_value{{ end }}{{ ',' if not loop.last }}
    {%- endfor %}
from compared
