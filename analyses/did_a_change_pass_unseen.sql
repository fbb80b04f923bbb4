-- How large a change of winning like deals would have been seen?

select
    comparison,
    compared_quarter,
    quarter,
    change,
    visible_change,
    abs(change) >= visible_change as is_large_enough
from {{ ref('win_rate_changes') }}
where part = 'within'
order by comparison
