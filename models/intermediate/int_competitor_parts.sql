{{ config(materialized='ephemeral') }}
-- One row per distinct stated text of competitors x part between semicolons, bars and line breaks, with how many deals state the text. A part
-- without content, such as an empty cell, has no name.

with stated as (

    select
        competitor as stated_competitors,
        count(*) as uses
    from {{ ref('stg_deals') }}
    group by competitor

),

parts as (

    select
        stated_competitors,
        uses,
        {{ split_to_rows("coalesce(stated_competitors, '')", '[;|\\n\\r]') }} as part
    from stated

)

select
    stated_competitors,
    uses,
    nullif(trim(part), '') as name,
    {{ folded('part') }} as folded_name
from parts
