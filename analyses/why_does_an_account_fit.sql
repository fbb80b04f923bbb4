-- Why does an account fit, and how many accounts fit for that?

select
    tier,
    because,
    count(*) as accounts,
    max(expected_win_rate) as highest_expected_win_rate
from {{ ref('account_scorecard') }}
where because is not null
group by tier, because
order by tier, accounts desc, because
