{{ config(enabled=true, materialized='ephemeral') }}
-- One row per side of the first claim, its segment and all others, that enough deals of were won with an amount: what a deal of it brings, and for
-- how much fewer deals of an account count.

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

)

-- deals of an account are of a size: how much more the sums of accounts vary than `spread`, that of deals that share nothing
select
    sides.*,
    squared_account_amount - 2e0 * value_per_decision * account_amount_deals + power(value_per_decision, 2) * squared_account_deals as account_spread,
    coalesce(greatest(1e0, account_spread / nullif(spread, 0)), 1e0) as design_effect
from sides
