-- Which buying roles go with winning?

select
    value as buying_role,
    deals,
    won,
    rest_win_rate,
    rationale
from {{ ref('persona_evidence') }}
where attribute = 'buying_role'
order by deals desc, value
