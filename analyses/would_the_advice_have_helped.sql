-- Would the advice have helped in past quarters?

select
    method,
    count(*) as quarters,
    sum(inside_closed_deals) as inside_closed_deals,
    sum(inside_won_deals) as inside_won_deals,
    avg(extra_wins_per_100) as mean_extra_wins_per_100
from {{ ref('icp_backtest') }}
group by method
order by mean_extra_wins_per_100 desc, method
