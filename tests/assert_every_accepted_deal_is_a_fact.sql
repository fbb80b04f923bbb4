-- Detects accepted deals that a join of `fct_deals` dropped, and facts that no accepted deal stands behind.
-- Every count of deals is taken from `fct_deals`; `assert_no_fact_stands_twice` sees to it that none stands there twice.
-- A returned row is a deal on one side only.

select
    deals.deal_key as accepted_deal_key,
    facts.deal_key as fact_deal_key
from {{ ref('stg_deals') }} as deals
full outer join {{ ref('fct_deals') }} as facts on deals.deal_key = facts.deal_key
where deals.deal_key is null or facts.deal_key is null
