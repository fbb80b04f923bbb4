-- Which personas go with winning once deals with equally many contacts are compared?

select
    persona,
    closed_deals,
    won_deals,
    win_rate,
    expected_lift,
    expected_lift_low,
    expected_lift_high,
    action
from {{ ref('persona_evidence') }}
where persona_type = 'persona' and expected_lift is not null
order by expected_lift desc, persona
