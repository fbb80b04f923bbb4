{{ config(enabled=true, materialized='ephemeral') }}
-- One row per persona that champions, or decides, on won deals of the trailing window: whether advice may name it, and its place among those
-- alike in that. It may name no one whose figures are too few to publish, and no one whose presence is known to make no difference or to go
-- with losing. Deals by the close, which flatter the people on board, may rule a difference out where the first days of deals hold too few.

with buyers as (

    select
        'champion' as buyer,
        replace(persona, ' as champion', '') as persona,
        won_deals_with as won_contacts,
        share_of_won_deals_with_roles as share
    from {{ ref('win_rates_by_persona') }}
    where period = 'window' and persona_type = 'persona_in_role' and persona like '% as champion' and won_deals_with > 0
    union all
    select
        'decider' as buyer,
        persona,
        sum(won_contacts) as won_contacts,
        cast(null as double) as share
    from {{ ref('decision_makers') }}
    where period = 'window' and won_contacts > 0
    group by persona

),

judged as (

    select
        buyers.*,
        coalesce(by_the_close.counts, evidence.rationale) as rationale,
        case when by_the_close.persona is not null then 'win_rates_by_persona' else 'persona_evidence' end as told_by,
        lower(buyers.persona) not like '%unknown%' as is_known,
        lower(buyers.persona) not like '%unknown%' and buyers.won_contacts >= {{ setting('small_cell_minimum') | int }} as is_frequent,
        by_the_close.persona is not null
        or coalesce(evidence.action in ('no_difference', 'deprioritise'), false)
        or coalesce(evidence.action = 'keep_testing' and evidence.expected_lift < 0, false) as is_alike
    from buyers
    left join {{ ref('persona_evidence') }} as evidence on evidence.persona_type = 'persona' and buyers.persona = evidence.persona
    left join {{ ref('int_persona_closes') }} as by_the_close
        on buyers.persona = by_the_close.persona and by_the_close.is_alike and evidence.action = 'not_enough_data'

)

select
    *,
    row_number() over (partition by buyer, is_frequent, is_alike order by won_contacts desc, persona desc) as place
from judged
