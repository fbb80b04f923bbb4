-- Which loss reasons are too rare to compare with the previous quarter?

select
    category,
    losses,
    previous_losses
from {{ ref('loss_reason_changes') }}
where not is_tested
order by category
