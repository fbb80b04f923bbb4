{{ config(enabled=true) }}
-- One row: who most often champions, and who decides, on won deals of the trailing window, and whether advice may name them.

with first_ones as (

    select
        *,
        buyer || case when is_alike then ' alike' else '' end as told_as
    from {{ ref('int_placed_buyers') }}
    where is_frequent and place = 1

),

summed as (

    select
        count(distinct buyer) as recorded,
        count(distinct case when is_known then buyer end) as named,
        count(distinct case when is_frequent then buyer end) as frequent,
        count(distinct case when is_frequent and not is_alike then buyer end) as advisable
    from {{ ref('int_placed_buyers') }}

)

select
    case
        when summed.recorded < 2 then 'no_roles'
        when summed.named < 2 then 'no_titles'
        when summed.frequent < 2 then 'too_few'
        when summed.advisable < 2 then 'alike'
        else 'common'
    end as situation,
    champion.persona as champion,
    decider.persona as decider,
    coalesce(alike_decider.persona, alike_champion.persona) as alike_persona,
    coalesce(alike_decider.told_by, alike_champion.told_by) as alike_source,
    coalesce(
        champion.persona || ' champions ' || champion.won_contacts || ' won deals (' || {{ percent_text('champion.share') }} || ' of those with roles); '
        || decider.persona || ' is ' || decider.won_contacts || ' of their decision makers.',
        alike_decider.rationale,
        alike_champion.rationale
    ) as evidence
from summed
left join first_ones as champion on champion.told_as = 'champion'
left join first_ones as decider on decider.told_as = 'decider'
left join first_ones as alike_champion on alike_champion.told_as = 'champion alike'
left join first_ones as alike_decider on alike_decider.told_as = 'decider alike'
