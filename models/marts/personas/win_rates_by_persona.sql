-- One row per period x kind of persona x persona, for personas seen in any period. Counts are deals, not contacts:
-- a deal counts once however many such people it has. Only deals with a contact are compared, and only contacts added
-- before the close. Personas share deals and may not be added.

with rated as (

    select
        *,
        {{ rate_columns('won_deals_with', 'closed_deals_with', 'win_rate_with') }},
        {{ rate_columns('won_deals_without', 'closed_deals_without', 'win_rate_without') }}
    from {{ ref('int_compared_personas') }}

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
    rated.won_deals_with / nullif(rated.won_deals_with_contacts, 0) as share_of_won_deals,
    rated.lost_deals_with / nullif(rated.lost_deals_with_contacts, 0) as share_of_lost_deals,
    case
        when rated.persona_type in ('buying_role', 'persona_in_role') then rated.won_deals_with / nullif(rated.won_deals_with_roles, 0)
    end as share_of_won_deals_with_roles,
    roles.commonest_role,
    coalesce(roles.commonest_role_contacts, 0) as commonest_role_contacts,
    roles.second_role,
    coalesce(roles.second_role_contacts, 0) as second_role_contacts,
    rated.decisions_with >= {{ setting('persona_minimum_occurrences') | int }} as has_enough_deals,
    rated.is_comparable,
    case
        when rated.closed_deals_with = 0 then coalesce(rated.missing_reason, 'no one of this persona on a closed deal of this period')
        else rated.missing_reason
    end as missing_reason
from rated
left join {{ ref('int_persona_roles') }} as roles
    on rated.period = roles.period
    and rated.persona_type = roles.persona_type
    and rated.persona = roles.persona
