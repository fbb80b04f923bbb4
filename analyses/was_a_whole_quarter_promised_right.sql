-- Did whole quarters win as often as promised?

select
    quarter,
    sum(closed_deals) as closed_deals,
    sum(expected_win_rate * closed_deals) / nullif(sum(closed_deals), 0) as expected_win_rate,
    1e0 * sum(won_deals) / nullif(sum(closed_deals), 0) as win_rate
from {{ ref('account_tier_history') }}
group by quarter
order by quarter
