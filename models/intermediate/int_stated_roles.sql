{{ config(materialized='ephemeral') }}
-- One row per distinct stated buying role text x part of it, its words folded.

with stated_roles as (

    select buying_role as stated_role
    from {{ ref('stg_deal_contacts') }}
    where buying_role is not null
    union
    select buying_role as stated_role
    from {{ ref('stg_contacts') }}
    where buying_role is not null

),

-- HubSpot lets a contact hold several roles at once
listed_roles as (

    select
        stated_role,
        {{ split_to_rows('stated_role', '[;,|]') }} as part
    from stated_roles

)

select
    stated_role,
    {{ fold_text(split_camel_case('part')) }} as words
from listed_roles
