-- What would moving ten of a hundred deals to a segment change?

select
    segment_label,
    closed_deals,
    win_rate,
    extra_wins_per_100,
    extra_wins_low,
    extra_wins_high,
    grade
from {{ ref('icp_segment_evidence') }}
where extra_wins_per_100 is not null
order by extra_wins_per_100 desc, segment_label
