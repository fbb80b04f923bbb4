-- Which buying roles go with winning?

select
    persona as buying_role,
    deals,
    won,
    other_win_rate,
    rationale
from {{ ref('persona_evidence') }}
where persona_type = 'buying_role'
order by deals desc, persona
