{{ config(enabled=true) }}
{%- set z = '1.6448536269514722e0' -%}
{%- set margin = setting('equivalence_margin') | float -%}
-- One row: who most often champions, and who decides, on won deals of the trailing window, and whether advice may name them. It may name
-- no one whose figures are too few to publish, and no one whose presence is known to make no difference or to go with losing.

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

-- the first days of deals may hold too few of a persona to rule a difference out; all deals by the close, which flatter the people on board, may
-- rule it out all the same (90 % Newcombe interval, as for segments)
by_the_close as (

    select
        persona,
        won_deals_with || ' of ' || closed_deals_with || ' deals with ' || persona || ' by the close were won (' || {{ percent_text('win_rate_with') }}
        || '), ' || {{ percent_text('win_rate_without') }} || ' without.' as counts,
        {{ newcombe_low('win_rate_with', 'with_low', 'win_rate_without', 'without_high') }} >= -1 * {{ margin }}
        and {{ newcombe_high('win_rate_with', 'with_high', 'win_rate_without', 'without_low') }} <= {{ margin }} as is_alike
    from (
        select
            *,
            {{ wilson_low('won_deals_with', 'closed_deals_with', z) }} as with_low,
            {{ wilson_high('won_deals_with', 'closed_deals_with', z) }} as with_high,
            {{ wilson_low('won_deals_without', 'closed_deals_without', z) }} as without_low,
            {{ wilson_high('won_deals_without', 'closed_deals_without', z) }} as without_high
        from {{ ref('win_rates_by_persona') }}
        where period = 'window' and persona_type = 'persona'
    ) as bounded

),

judged as (

    select
        buyers.*,
        coalesce(by_the_close.counts, evidence.rationale) as rationale,
        case when by_the_close.persona is not null then 'win_rates_by_persona' else 'persona_evidence' end as told_by,
        lower(buyers.persona) not like '%unknown%' and buyers.won_contacts >= {{ setting('small_cell_minimum') | int }} as is_frequent,
        by_the_close.persona is not null
        or coalesce(evidence.action in ('no_difference', 'deprioritise'), false)
        or coalesce(evidence.action = 'keep_testing' and evidence.expected_lift < 0, false) as is_alike
    from buyers
    left join {{ ref('persona_evidence') }} as evidence on evidence.persona_type = 'persona' and buyers.persona = evidence.persona
    left join by_the_close on buyers.persona = by_the_close.persona and by_the_close.is_alike and evidence.action = 'not_enough_data'

),

placed as (

    select
        *,
        case when is_frequent then buyer || case when is_alike then ' alike' else '' end end as told_as,
        row_number() over (partition by buyer, is_frequent, is_alike order by won_contacts desc, persona desc) as place
    from judged

),

summed as (

    select
        count(distinct buyer) as recorded,
        count(distinct case when lower(persona) not like '%unknown%' then buyer end) as named,
        count(distinct case when is_frequent then buyer end) as frequent,
        count(distinct case when is_frequent and not is_alike then buyer end) as advisable
    from placed

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
left join placed as champion on champion.told_as = 'champion' and champion.place = 1
left join placed as decider on decider.told_as = 'decider' and decider.place = 1
left join placed as alike_champion on alike_champion.told_as = 'champion alike' and alike_champion.place = 1
left join placed as alike_decider on alike_decider.told_as = 'decider alike' and alike_decider.place = 1
