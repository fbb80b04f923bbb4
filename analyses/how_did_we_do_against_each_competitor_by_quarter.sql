-- How did we do against each competitor, quarter by quarter?

select
    competitor,
    quarter,
    competitor_deals,
    won_deals,
    win_rate
from {{ ref('competitors_by_quarter') }}
order by competitor, quarter
