-- How many accounts fit, and how many of them never had a deal?

select
    tier,
    accounts,
    whitespace_accounts,
    open_deals,
    expected_win_rate,
    missing_reason
from {{ ref('account_tiers') }}
order by tier
