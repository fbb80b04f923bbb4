-- Which accounts are to be left alone, and how many are they?

select
    dimension,
    segment,
    points,
    points_high,
    accounts,
    is_anti
from {{ ref('account_points') }}
where points < 0
order by is_anti desc, points, dimension, segment
