-- Which role does each persona play on the deals we win?

select
    persona,
    won_deals_with,
    share_of_won_deals,
    commonest_role,
    second_role
from {{ ref('win_rates_by_persona') }}
where period = 'window' and persona_type = 'persona' and commonest_role is not null
order by won_deals_with desc, persona
