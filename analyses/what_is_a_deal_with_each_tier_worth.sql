-- What is a deal with an account of each tier worth, compared with the best tier?

select
    tier,
    expected_value_per_deal,
    expected_value_per_deal / max(expected_value_per_deal) over () as share_of_best
from {{ ref('account_tiers') }}
order by tier
