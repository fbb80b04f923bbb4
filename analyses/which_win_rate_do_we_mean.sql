-- Which win rate do we mean, and what does each definition add?

select
    definition,
    label,
    basis,
    counted_deals,
    won_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    steps_from,
    added_deals,
    step,
    who_uses_it,
    missing_reason
from {{ ref('win_rate_definitions') }}
where period = 'quarter'
order by definition_order
