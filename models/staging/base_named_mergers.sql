{{ config(materialized='ephemeral') }}
-- One row per object x record x other record that it was merged into, as either of the two says.

with merged as (  -- noqa: disable=LT09

    select 'deals' as object, deal_id as record_id, merged_ids, merged_into
    from {{ source('landing', 'deals') }}
    where line_problem is null and coalesce(merged_ids, merged_into) is not null
    union all
    select 'accounts' as object, account_id as record_id, merged_ids, merged_into
    from {{ source('landing', 'accounts') }}
    where line_problem is null and coalesce(merged_ids, merged_into) is not null
    union all
    select 'contacts' as object, contact_id as record_id, merged_ids, merged_into
    from {{ source('landing', 'contacts') }}
    where line_problem is null and coalesce(merged_ids, merged_into) is not null

),

named as (

    select
        object,
        record_id as survivor_id,
        {{ split_to_rows('merged_ids', '[;,]') }} as merged_id
    from merged
    where record_id is not null and merged_ids is not null
    union all
    select
        object,
        merged_into as survivor_id,
        record_id as merged_id
    from merged
    where record_id is not null and merged_into is not null

)

select distinct
    object,
    trim(merged_id) as merged_id,
    survivor_id
from named
where trim(merged_id) not in ('', survivor_id)
