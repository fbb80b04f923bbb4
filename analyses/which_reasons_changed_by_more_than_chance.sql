-- Which loss reasons changed by more than chance?

select
    category,
    losses,
    previous_losses,
    change,
    change_low,
    change_high,
    is_changed
from {{ ref('loss_reason_changes') }}
order by is_changed desc, abs(change) desc, category
