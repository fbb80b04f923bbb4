-- One row per loss reason category: its share of losses in the quarter under review against the previous quarter, and whether the
-- change is larger than chance once all reasons are looked at together and each seller's losses are compared with the same seller's.

select
    changes.reason as category,
    changes.losses,
    changes.previous_losses,
    changes.share,
    changes.share_low,
    changes.share_high,
    changes.previous_share,
    changes.change,
    changes.change_low,
    changes.change_high,
    changes.adjusted_change,
    changes.p_value,
    changes.q_value,
    changes.is_tested,
    changes.is_changed,
    changes.is_promising,
    changes.direction,
    changes.rationale,
    reliability.is_reliable,
    periods.population
from {{ advice('int_loss_reason_changes') }} as changes
inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
inner join {{ ref('loss_reason_reliability') }} as reliability on reliability.period = 'quarter' and reliability.measure = 'overall'
