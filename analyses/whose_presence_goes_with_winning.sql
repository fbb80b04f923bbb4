-- Whose presence on a deal goes with winning it?
-- Not a cause: deals with more contacts have more of every persona.

select
    persona,
    closed_deals_with,
    win_rate_with,
    win_rate_without,
    difference,
    difference_low,
    difference_high,
    is_comparable
from {{ ref('win_rates_by_persona') }}
where period = 'window' and persona_type = 'persona' and persona != 'unknown' and has_enough_deals
order by difference desc nulls last, persona
