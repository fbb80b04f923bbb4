{%- set kinds = {
    'persona': 'persona',
    'seniority': 'seniority',
    'department': 'department',
    'buying_role': 'buying_role',
    'persona_in_role': "persona || ' as ' || replace(buying_role, '_', ' ')",
} -%}
-- One row per period x kind of persona x persona, for personas seen in any period. Counts are deals, not contacts:
-- a deal counts once however many such people it has. Only deals with a contact are compared, and only contacts added
-- before the close. Personas share deals and may not be added.

with contacts as (

    select * from {{ ref('bridge_deal_contacts') }}
    where is_counted

),

-- one row per deal x persona on it, however many such people it has
personas_of_deals as (

    {% for kind, persona in kinds.items() -%}
    select
        '{{ kind }}' as persona_type,
        {{ persona }} as persona,
        bool_or(outcome = 'won') as is_won,
        max(closed_on) as closed_on,
        count(*) as contacts
    from contacts
    {%- if kind in ('buying_role', 'persona_in_role') %}
    where role_source = 'stated'
    {%- endif %}
    group by deal_key, {{ persona }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

-- by day first, so that the overlap of the periods multiplies few rows
counted_by_day as (

    select
        closed_on,
        persona_type,
        persona,
        sum(contacts) as contacts,
        count(*) filter (where is_won) as won_deals,
        count(*) filter (where not is_won) as lost_deals
    from personas_of_deals
    group by closed_on, persona_type, persona

),

counted as (

    select
        periods.period,
        by_day.persona_type,
        by_day.persona,
        cast(sum(by_day.contacts) as bigint) as contacts,
        cast(sum(by_day.won_deals) as bigint) as won_deals,
        cast(sum(by_day.lost_deals) as bigint) as lost_deals
    from counted_by_day as by_day
    inner join ({{ periods_by_day(ref('bridge_deal_contacts')) }}) as periods
        on by_day.closed_on is not distinct from periods.closed_on
    group by periods.period, by_day.persona_type, by_day.persona

),

roles_by_day as (

    {% for kind, persona in kinds.items() -%}
    select closed_on, '{{ kind }}' as persona_type, {{ persona }} as persona, buying_role, count(*) as contacts
    from contacts
    where role_source = 'stated'
    group by closed_on, {{ persona }}, buying_role
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

-- the roles people of this persona are most often recorded with, commonest first
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
        ) as commonest_first
    from roles_by_day as by_day
    inner join ({{ periods_by_day(ref('bridge_deal_contacts')) }}) as periods
        on by_day.closed_on is not distinct from periods.closed_on
    group by periods.period, by_day.persona_type, by_day.persona, by_day.buying_role

),

listed as (

    select
        coverage.*,
        seen.persona_type,
        seen.persona
    from {{ ref('contact_coverage') }} as coverage
    cross join (
        select distinct
            persona_type,
            persona
        from counted
    ) as seen

),

compared as (

    select
        listed.*,
        coalesce(counted.contacts, 0) as contacts,
        coalesce(counted.won_deals, 0) as won_deals_with,
        coalesce(counted.lost_deals, 0) as lost_deals_with,
        coalesce(counted.won_deals, 0) + coalesce(counted.lost_deals, 0) as closed_deals_with,
        listed.won_deals_with_contacts - coalesce(counted.won_deals, 0) as won_deals_without,
        listed.lost_deals_with_contacts - coalesce(counted.lost_deals, 0) as lost_deals_without,
        listed.won_deals_with_contacts + listed.lost_deals_with_contacts
        - coalesce(counted.won_deals, 0) - coalesce(counted.lost_deals, 0) as closed_deals_without
    from listed
    left join counted
        on listed.period = counted.period
        and listed.persona_type = counted.persona_type
        and listed.persona = counted.persona

),

rated as (

    select
        *,
        {{ rate_columns('won_deals_with', 'closed_deals_with', 'win_rate_with') }},
        {{ rate_columns('won_deals_without', 'closed_deals_without', 'win_rate_without') }}
    from compared

)

select
    rated.period,
    rated.persona_type,
    rated.persona,
    rated.population,
    rated.contacts,
    rated.won_deals_with,
    rated.lost_deals_with,
    rated.closed_deals_with,
    rated.win_rate_with,
    rated.win_rate_with_low,
    rated.win_rate_with_high,
    rated.won_deals_without,
    rated.lost_deals_without,
    rated.closed_deals_without,
    rated.win_rate_without,
    {{ difference_columns('rated.win_rate_with', 'rated.win_rate_without', 'difference') }},
    {{ rate('rated.won_deals_with', 'rated.won_deals_with_contacts') }} as share_of_won_deals,
    {{ rate('rated.lost_deals_with', 'rated.lost_deals_with_contacts') }} as share_of_lost_deals,
    case
        when rated.persona_type in ('buying_role', 'persona_in_role') then {{ rate('rated.won_deals_with', 'rated.won_deals_with_roles') }}
    end as share_of_won_deals_with_roles,
    first_role.buying_role as commonest_role,
    coalesce(first_role.contacts, 0) as commonest_role_contacts,
    second_role.buying_role as second_role,
    coalesce(second_role.contacts, 0) as second_role_contacts,
    rated.closed_deals_with >= {{ setting('persona_minimum_occurrences') | int }} as has_enough_deals,
    rated.is_comparable,
    case
        when rated.closed_deals_with = 0 then coalesce(rated.missing_reason, 'no one of this persona on a closed deal of this period')
        else rated.missing_reason
    end as missing_reason
from rated
left join roles as first_role
    on rated.period = first_role.period
    and rated.persona_type = first_role.persona_type
    and rated.persona = first_role.persona
    and first_role.commonest_first = 1
left join roles as second_role
    on rated.period = second_role.period
    and rated.persona_type = second_role.persona_type
    and rated.persona = second_role.persona
    and second_role.commonest_first = 2
