-- Detects deals that are neither with nor without a persona, or both: a contact counted as a deal, a deal without contacts let in.
-- The two win rates of a persona are compared as those of two separate groups.
-- A returned row is a persona whose groups do not add up to the deals with contacts.

select
    personas.period,
    personas.persona_type,
    personas.persona,
    personas.won_deals_with + personas.won_deals_without as won_deals,
    coverage.won_deals_with_contacts,
    personas.lost_deals_with + personas.lost_deals_without as lost_deals,
    coverage.lost_deals_with_contacts
from {{ ref('win_rates_by_persona') }} as personas
left join {{ ref('contact_coverage') }} as coverage on personas.period = coverage.period
where
    personas.won_deals_with + personas.won_deals_without is distinct from coverage.won_deals_with_contacts
    or personas.lost_deals_with + personas.lost_deals_without is distinct from coverage.lost_deals_with_contacts
