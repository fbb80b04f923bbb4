-- One row per period x kind of persona x persona: won and lost deals with such a contact, and the contacts. A deal counts once however many
-- such people it has; only contacts added before the close count.

with contacts as (

    select * from {{ ref('bridge_deal_contacts') }}
    where is_counted

),

-- one row per deal x persona on it, however many such people it has
personas_of_deals as (

    {% for kind, persona in persona_kinds().items() -%}
    select
        '{{ kind }}' as persona_type,
        {{ persona }} as persona,
        bool_or(outcome = 'won') as is_won,
        max(closed_on) as closed_on,
        min(decision_line) as decision_line,
        count(*) as contacts
    from contacts
    {%- if kind in ('buying_role', 'persona_in_role') %}
    where role_source = 'stated'
    {%- endif %}
    group by deal_key, {{ persona }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- by day first, so that the overlap of the periods multiplies few rows
counted_by_day as (

    select
        closed_on,
        persona_type,
        persona,
        sum(contacts) as contacts,
        count(*) filter (where is_won) as won_deals,
        count(*) filter (where not is_won) as lost_deals,
        sum({{ of_decision() }}) as decisions
    from personas_of_deals
    group by closed_on, persona_type, persona

)

select
    periods.period,
    by_day.persona_type,
    by_day.persona,
    cast(sum(by_day.contacts) as bigint) as contacts,
    cast(sum(by_day.won_deals) as bigint) as won_deals,
    cast(sum(by_day.lost_deals) as bigint) as lost_deals,
    cast(sum(by_day.decisions) as bigint) as decisions
from counted_by_day as by_day
inner join ({{ periods_by_day(ref('bridge_deal_contacts')) }}) as periods
    on by_day.closed_on is not distinct from periods.closed_on
group by periods.period, by_day.persona_type, by_day.persona
