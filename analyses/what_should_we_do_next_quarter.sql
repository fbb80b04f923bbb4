-- What should we do next quarter, and who does it?

select
    item,
    grade,
    title,
    action,
    owner,
    due_quarter
from {{ ref('action_items') }}
order by item
