{{ config(enabled=true, materialized='ephemeral') }}
-- One row per thing to know about the win rate, or the loss reasons, of the quarter under review. Reasons are what sellers say: a change
-- in doubtful ones is watched, never claimed.

-- a win rate that left its limits, or changed by more than chance
select
    case when is_outside_limits then 'outside_limits' else 'win_rate_change' end as topic,
    case when is_outside_limits or is_win_rate_change_claimed then 'strong' else 'directional' end as grade,
    case when (is_outside_limits and win_rate > center_line) or (not is_outside_limits and win_rate_change > 0) then 'up' else 'down' end as direction,
    quarter as subject,
    cast(null as string) as detail,
    'win_rates_by_quarter' as source_table,
    quarter as source_row,
    0 as strength
from {{ ref('win_rates_by_quarter') }}
where
    quarter = (select last_quarter from {{ ref('dim_periods') }} where period = 'quarter')
    and (is_outside_limits or is_win_rate_changed)
union all
select
    case when changes.is_changed then 'loss_reason_change' else 'loss_reason_watch' end as topic,
    case when changes.is_changed and changes.is_reliable then 'strong' else 'directional' end as grade,
    changes.direction,
    categories.label as subject,
    changes.rationale as detail,
    'loss_reason_changes' as source_table,
    changes.category as source_row,
    abs(changes.change) as strength
from {{ ref('loss_reason_changes') }} as changes
inner join {{ ref('loss_reason_categories') }} as categories on changes.category = categories.category
where (changes.is_changed or (changes.is_promising and changes.is_reliable)) and changes.category not in ('unspecified', 'other')
union all
select
    'loss_reason' as topic,
    case when decided.decisions >= {{ setting('minimum_reason_losses') | int }} then 'directional' else 'too few deals' end as grade,
    'none' as direction,
    reasons.label as subject,
    cast(null as string) as detail,
    'loss_reasons' as source_table,
    reasons.category as source_row,
    reasons.lost_deals as strength
from {{ ref('loss_reasons') }} as reasons
inner join {{ ref('int_decisions') }} as decided on reasons.period = decided.period and reasons.category = decided.category
where reasons.period = 'quarter' and reasons.category not in ('unspecified', 'other')
union all
-- what everyone calls the win rate leaves out the deals still open
select
    'closed_rate' as topic,
    grade,
    case when pace_gap > 0 then 'up' else 'down' end as direction,
    'closed deals' as subject,
    cast(null as string) as detail,
    'win_rate_definitions' as source_table,
    period || ' ' || definition as source_row,
    0 as strength
from {{ ref('win_rate_definitions') }}
where grade = 'strong'
