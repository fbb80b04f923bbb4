{{ config(materialized='ephemeral') }}
-- One row per period x kind of persona x persona seen in any period, as contact_coverage has the period: deals with such a contact and
-- without, of those that have one.

with counted as (

    select * from {{ ref('int_persona_deals') }}

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

)

select
    listed.*,
    coalesce(counted.contacts, 0) as contacts,
    coalesce(counted.won_deals, 0) as won_deals_with,
    coalesce(counted.lost_deals, 0) as lost_deals_with,
    coalesce(counted.decisions, 0) as decisions_with,
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
