-- Can the loss reasons of the quarter be trusted?

select
    meaning,
    deals,
    value,
    threshold,
    is_doubtful
from {{ ref('loss_reason_reliability') }}
where period = 'quarter'
order by is_doubtful desc, measure
