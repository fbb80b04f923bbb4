-- One row per period x kind of persona x persona, for personas seen in any period. Counts are deals, not contacts:
-- a deal counts once however many such people it has. Only deals with a contact are compared, and only contacts added
-- before the close. Personas share deals and may not be added.

with contacts as (

    select * from {{ ref('bridge_deal_contacts') }}
    where is_counted

),

tall as (

    select deal_key, contact_key, outcome, closed_on, 'persona' as persona_type, persona, buying_role, role_source
    from contacts
    union all
    select deal_key, contact_key, outcome, closed_on, 'seniority' as persona_type, seniority as persona, buying_role, role_source
    from contacts
    union all
    select deal_key, contact_key, outcome, closed_on, 'department' as persona_type, department as persona, buying_role, role_source
    from contacts
    union all
    select deal_key, contact_key, outcome, closed_on, 'buying_role' as persona_type, buying_role as persona, buying_role, role_source
    from contacts
    where role_source = 'stated'
    union all
    select
        deal_key, contact_key, outcome, closed_on, 'persona_in_role' as persona_type,
        persona || ' as ' || replace(buying_role, '_', ' ') as persona, buying_role, role_source
    from contacts
    where role_source = 'stated'

),

reviewed as (

    select periods.period, tall.*
    from tall
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'all'
        or (tall.closed_on >= periods.starts_on and tall.closed_on < periods.ends_before_on)

),

counted as (

    select
        period,
        persona_type,
        persona,
        count(*) as contacts,
        count(distinct case when outcome = 'won' then deal_key end) as won_deals,
        count(distinct case when outcome = 'lost' then deal_key end) as lost_deals
    from reviewed
    group by period, persona_type, persona

),

-- the roles people of this persona are most often recorded with, commonest first
roles as (

    select
        period,
        persona_type,
        persona,
        buying_role,
        count(*) as contacts,
        row_number() over (partition by period, persona_type, persona order by count(*) desc, buying_role) as commonest_first
    from reviewed
    where role_source = 'stated'
    group by period, persona_type, persona, buying_role

),

listed as (

    select
        coverage.*,
        seen.persona_type,
        seen.persona
    from {{ ref('contact_coverage') }} as coverage
    cross join (select distinct persona_type, persona from counted) as seen

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
        {{ rate('won_deals_with', 'closed_deals_with') }} as win_rate_with,
        {{ wilson_low('won_deals_with', 'closed_deals_with') }} as win_rate_with_low,
        {{ wilson_high('won_deals_with', 'closed_deals_with') }} as win_rate_with_high,
        {{ rate('won_deals_without', 'closed_deals_without') }} as win_rate_without,
        {{ wilson_low('won_deals_without', 'closed_deals_without') }} as win_rate_without_low,
        {{ wilson_high('won_deals_without', 'closed_deals_without') }} as win_rate_without_high
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
    rated.win_rate_with - rated.win_rate_without as difference,
    {{ newcombe_low('rated.win_rate_with', 'rated.win_rate_with_low', 'rated.win_rate_without', 'rated.win_rate_without_high') }} as difference_low,
    {{ newcombe_high('rated.win_rate_with', 'rated.win_rate_with_high', 'rated.win_rate_without', 'rated.win_rate_without_low') }} as difference_high,
    {{ rate('rated.won_deals_with', 'rated.won_deals_with_contacts') }} as share_of_won_deals,
    {{ rate('rated.lost_deals_with', 'rated.lost_deals_with_contacts') }} as share_of_lost_deals,
    case
        when rated.persona_type in ('buying_role', 'persona_in_role') then {{ rate('rated.won_deals_with', 'rated.won_deals_with_roles') }}
    end as share_of_won_deals_with_roles,
    first_role.buying_role as commonest_role,
    coalesce(first_role.contacts, 0) as commonest_role_contacts,
    second_role.buying_role as second_role,
    coalesce(second_role.contacts, 0) as second_role_contacts,
    rated.closed_deals_with >= {{ var('persona_minimum_occurrences') | int }} as has_enough_deals,
    rated.is_comparable,
    case
        when rated.closed_deals_with = 0 then coalesce(rated.missing_reason, 'nobody of this persona on a closed deal of this period')
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
