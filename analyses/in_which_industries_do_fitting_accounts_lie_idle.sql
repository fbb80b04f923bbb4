-- In which industries do accounts that fit lie idle, without an open deal?

select
    industry,
    count(*) as accounts,
    sum(case when is_whitespace then 1 else 0 end) as whitespace_accounts,
    avg(expected_win_rate) as expected_win_rate
from {{ ref('account_scorecard') }}
where tier in ('A', 'B') and open_deals = 0
group by industry
order by accounts desc, industry
