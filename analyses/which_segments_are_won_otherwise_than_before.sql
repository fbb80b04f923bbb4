-- Which segments are won more or less often than in the previous quarter, compared with all other deals?

select
    dimension,
    segment,
    compared_win_rate,
    win_rate,
    rate_change,
    other_rate_change,
    difference_low,
    difference_high,
    is_changed,
    is_promising
from {{ ref('win_rate_change_segments') }}
where comparison = 'previous_quarter' and is_tested
order by p_value, dimension, segment
