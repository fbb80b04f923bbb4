{{ config(materialized='ephemeral') }}
-- One row per object x record x other record that it was merged into, as either of the two says.

with named as (

    {% for object, id in {'deals': 'deal_id', 'accounts': 'account_id', 'contacts': 'contact_id'}.items() -%}
    select
        '{{ object }}' as object,
        {{ id }} as survivor_id,
        {{ split_to_rows('merged_ids', '[;,]') }} as merged_id
    from {{ source('landing', object) }}
    where line_problem is null and {{ id }} is not null and merged_ids is not null
    union all
    select
        '{{ object }}' as object,
        merged_into as survivor_id,
        {{ id }} as merged_id
    from {{ source('landing', object) }}
    where line_problem is null and {{ id }} is not null and merged_into is not null
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select distinct
    object,
    trim(merged_id) as merged_id,
    survivor_id
from named
where trim(merged_id) not in ('', survivor_id)
