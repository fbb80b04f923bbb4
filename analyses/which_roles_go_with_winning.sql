-- Which buying roles go with winning?

select
    persona as buying_role,
    closed_deals,
    won_deals,
    other_win_rate,
    rationale
from {{ ref('persona_evidence') }}
where persona_type = 'buying_role'
order by closed_deals desc, persona
