-- How many more wins in a hundred deals would the first recommendation bring?

select
    segment_label,
    shift_points,
    wins_per_100,
    extra_wins_per_100,
    extra_wins_low,
    extra_wins_high
from {{ ref('return_on_investment') }}
