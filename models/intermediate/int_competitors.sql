{{ config(materialized='table') }}
-- One row per distinct stated text of competitors x competitor it names, in the spelling of its segment. A semicolon or a bar stands
-- between two; a comma belongs to a name, such as Acme, Inc.

with named as (

    select
        competitor as stated_competitors,
        {{ split_to_rows('competitor', '[;|]') }} as part
    from (select distinct competitor from {{ ref('stg_deals') }} where competitor is not null) as stated

)

select distinct
    named.stated_competitors,
    segments.segment as competitor
from named
inner join {{ ref('int_segments') }} as segments
    on segments.column_name = 'competitor' and trim(named.part) = segments.stated_value
-- a word for nothing names no one
where segments.segment != 'unknown'
