-- One row per action for the next quarter, most useful first. Its grade says how much it may be trusted: a claim held up against
-- chance, a directional one is not, fixing the data comes before any finding.

select
    items.item,
    items.kind,
    items.grade,
    items.title,
    items.action,
    items.owner,
    items.evidence,
    items.how_we_will_know,
    periods.next_quarter as due_quarter,
    periods.last_quarter as reviewed_quarter,
    items.source_table,
    items.source_row,
    periods.population
from {{ advice('int_action_items') }} as items
inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
