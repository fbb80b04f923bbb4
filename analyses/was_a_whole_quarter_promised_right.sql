-- Did whole quarters win as often as promised?

select
    quarter,
    sum(closed_deals) as closed_deals,
    {{ rate('sum(expected_win_rate * closed_deals)', 'sum(closed_deals)') }} as expected_win_rate,
    {{ rate('sum(won_deals)', 'sum(closed_deals)') }} as win_rate
from {{ ref('account_tier_history') }}
group by quarter
order by quarter
