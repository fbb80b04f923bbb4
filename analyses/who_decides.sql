-- Who decides?

select
    persona,
    contacts,
    all_contacts,
    share,
    share_low,
    share_high,
    share_on_won_deals
from {{ ref('decision_makers') }}
where period = 'quarter'
order by contacts desc, persona
