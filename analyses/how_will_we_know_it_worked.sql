-- What does each action rest on, and how will we know that it worked?

select
    title,
    evidence,
    how_we_will_know
from {{ ref('action_items') }}
order by item
