{{ config(enabled=true, materialized='ephemeral') }}
-- One row per open deal x dimension x segment it is in, a side of an ordered dimension as well as its band, and `all deals`.

with deal_segments as (

    {% for dimension in pace_dimensions() -%}
    select
        deal_key,
        '{{ dimension.name }}' as dimension,
        {{ dimension.name }} as segment
    from {{ ref('int_open_deals') }}
    union all
    {% endfor -%}
    select
        deal_key,
        'all' as dimension,
        'all deals' as segment
    from {{ ref('int_open_deals') }}

)

select * from deal_segments
union all
select
    deal_segments.deal_key,
    cuts.dimension,
    cuts.segment
from deal_segments
inner join {{ ref('dim_segment_cuts') }} as cuts on deal_segments.dimension = cuts.dimension and deal_segments.segment = cuts.segment_part
