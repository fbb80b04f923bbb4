-- How many of the open deals will be won, in the next quarter or later?

select
    dimension,
    segment,
    open_deals,
    stale_deals,
    expected_wins,
    expected_wins_low,
    expected_wins_high
from {{ ref('open_pipeline') }}
where open_deals > 0
order by dimension != 'all', dimension, segment
