-- Which departments buy together, and how often do they buy?

select
    buying_group as departments,
    closed_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    coverage_warning
from {{ ref('buying_groups') }}
where period = 'window' and group_type = 'departments'
order by closed_deals desc, departments
limit 10
