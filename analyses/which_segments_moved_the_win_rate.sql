-- Which segments closed more or less often than before, and what does that explain of the change?

select
    dimension,
    segment,
    compared_share,
    share,
    effect,
    contribution,
    contribution_low,
    contribution_high
from {{ ref('win_rate_change_segments') }}
where comparison = 'previous_quarter'
order by abs(contribution) desc, dimension, segment
