{{ config(enabled=true, materialized='ephemeral') }}
-- One row: what to do about who buys, in the trailing window. What is recorded already is not asked for.

with coverage as (

    select
        coverage.*,
        coverage.won_deals_with_contacts + coverage.lost_deals_with_contacts > 0 as has_contacts,
        -- on a handful of either, shares with contacts differ by chance
        (select count(distinct outcome) from {{ ref('int_decisions') }} where period = 'window' and outcome_decisions >= {{ setting('minimum_deals') | int }})
        = 2 as has_both_outcomes,
        late.contacts > 0 as has_late_contacts
    from {{ ref('contact_coverage') }} as coverage
    cross join (
        select count(*) as contacts
        from {{ ref('bridge_deal_contacts') }} as contacts
        inner join {{ ref('dim_periods') }} as periods
            on periods.period = 'window'
            and {{ in_period('contacts.closed_on') }}
        where not contacts.is_counted
    ) as late
    where coverage.period = 'window'

),

-- whose presence goes with winning
advised as (

    select
        *,
        row_number() over (order by action desc, expected_lift desc, persona desc) as place
    from {{ ref('persona_evidence') }}
    where
        persona_type = 'persona' and action in ('target_more', 'keep_testing') and expected_lift > 0 and not is_refused
        and closed_deals >= {{ setting('small_cell_minimum') | int }} and lower(persona) not like '%unknown%'

),

met as (

    select
        coverage.*,
        case
            when not coverage.has_contacts and coverage.has_late_contacts then 'too_late'
            when not coverage.has_contacts then 'nothing'
            when not coverage.has_both_outcomes then 'too_few'
            when not coverage.is_comparable then 'not_comparable'
            when advised.persona is not null then advised.action
            else buyers.situation
        end as situation,
        advised.persona as advised_persona,
        advised.rationale as advised_rationale,
        buyers.champion,
        buyers.decider,
        buyers.alike_persona,
        buyers.alike_source,
        buyers.evidence
    from coverage
    cross join {{ ref('int_won_buyers') }} as buyers
    left join advised on advised.place = 1

),

plays as (

    select
        situation,
        case when won_share < lost_share then 'won' else 'lost' end as thinner_outcome,
        case situation
            when 'too_late' then 'Every contact on the closed deals that advice reads was added after the close.'
            when 'nothing' then 'No closed deal that advice reads has a contact.'
            when 'not_comparable'
                then 'Contacts stand on ' || {{ percent_text('won_share') }} || ' of won and ' || {{ percent_text('lost_share') }} || ' of lost deals.'
            when 'no_roles' then 'No champion, or no decision maker, is recorded on a won deal that advice reads.'
            when 'no_titles' then 'No champion, or no decision maker, on the won deals that advice reads has a known job title.'
            when 'too_few'
                then 'Of ' || won_deals || ' won and ' || lost_deals || ' lost deals, ' || won_deals_with_roles || ' won ones have a buying role.'
            when 'alike' then evidence when 'common' then evidence
            else advised_rationale
        end as evidence,
        case
            when situation in ('too_late', 'nothing', 'not_comparable', 'too_few') then 'contact_coverage'
            when situation in ('no_roles', 'no_titles', 'common') then 'decision_makers'
            when situation = 'alike' then coalesce(alike_source, 'persona_evidence')
            else 'persona_evidence'
        end as source_table,
        case situation when 'alike' then alike_persona else advised_persona end as persona,
        champion,
        decider
    from met

),

told as (

    select
        *,
        'personas' as kind,
        1 as place,
        case source_table
            when 'contact_coverage' then 'window'
            when 'persona_evidence' then persona
            when 'win_rates_by_persona' then persona
            else coalesce(decider, '')
        end as source_row
    from plays

)

{{ filled_plays('told', ['persona', 'champion', 'decider', 'thinner_outcome']) }}
