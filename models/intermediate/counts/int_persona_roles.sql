-- One row per period x kind of persona x persona: the two buying roles that such people are most often recorded with. A role that was inferred
-- from the title is none.

with contacts as (

    select * from {{ ref('bridge_deal_contacts') }}
    where is_counted and role_source = 'stated'

),

roles_by_day as (

    {% for kind, persona in persona_kinds().items() -%}
    select
        closed_on,
        '{{ kind }}' as persona_type,
        {{ persona }} as persona,
        buying_role,
        count(*) as contacts
    from contacts
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

roles as (

    select
        periods.period,
        by_day.persona_type,
        by_day.persona,
        by_day.buying_role,
        cast(sum(by_day.contacts) as bigint) as contacts,
        row_number() over (
            partition by periods.period, by_day.persona_type, by_day.persona
            order by sum(by_day.contacts) desc, by_day.buying_role
        ) as place
    from roles_by_day as by_day
    inner join ({{ periods_by_day(ref('bridge_deal_contacts')) }}) as periods
        on by_day.closed_on is not distinct from periods.closed_on
    group by periods.period, by_day.persona_type, by_day.persona, by_day.buying_role

)

select
    period,
    persona_type,
    persona,
    max(case when place = 1 then buying_role end) as commonest_role,
    coalesce(max(case when place = 1 then contacts end), 0) as commonest_role_contacts,
    max(case when place = 2 then buying_role end) as second_role,
    coalesce(max(case when place = 2 then contacts end), 0) as second_role_contacts
from roles
group by period, persona_type, persona
