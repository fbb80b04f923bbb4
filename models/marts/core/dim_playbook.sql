-- One row per play: what to do in a situation, who does it and how we will know. The words come from the seed `playbook`.

select
    kind,
    situation,
    grade,
    title,
    action,
    owner,
    how_we_will_know
from {{ ref('playbook') }}
