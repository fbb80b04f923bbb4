-- Would the advice have helped in past quarters?

select
    method,
    count(*) as quarters,
    sum(inside_deals) as inside_deals,
    sum(inside_won) as inside_won,
    avg(extra_wins_per_100) as mean_extra_wins_per_100
from {{ ref('icp_backtest') }}
group by method
order by mean_extra_wins_per_100 desc, method
