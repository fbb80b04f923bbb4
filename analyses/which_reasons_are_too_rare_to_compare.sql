-- Which loss reasons are too rare to compare with the quarter before?

select
    category,
    losses,
    previous_losses
from {{ ref('loss_reason_changes') }}
where not is_tested
order by category
