-- What makes an account likelier to buy, and how sure is it?

select
    dimension,
    segment,
    points,
    points_low,
    points_high,
    closed_deals
from {{ ref('account_points') }}
order by points desc, dimension, segment
