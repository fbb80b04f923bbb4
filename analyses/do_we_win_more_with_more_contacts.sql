-- Do we win more often with more contacts on the deal?

select
    buying_group as contacts_on_the_deal,
    closed_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    coverage_warning
from {{ ref('buying_groups') }}
where period = 'window' and group_type = 'size'
order by contacts_on_the_deal
