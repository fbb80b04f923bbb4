{{ config(materialized='ephemeral') }}
-- One row per dimension x segment: the deals open when the export ends, and why their value is not told. A segment that had deals in the
-- trailing window and has none open has a row, and so have all deals. Dimensions overlap and may not be added.

with open_deals as (

    select
        dimension,
        segment,
        cast(sum(deals) as bigint) as open_deals,
        cast(sum(stale_deals) as bigint) as stale_deals,
        cast(sum(beyond_record_deals) as bigint) as beyond_record_deals,
        cast(sum(amount) as double) as amount,
        {{ open_value_refusal('sum(deals)', 'sum(amounts)') }} as value_refusal
    from {{ ref('int_open_cells') }}
    group by dimension, segment

),

-- a segment without open deals has a row, and so have all deals
segments as (

    select
        dimension,
        segment
    from {{ ref('int_pipeline_outlook') }}
    union
    select
        dimension,
        segment
    from open_deals
    union
    select
        'all' as dimension,
        'all deals' as segment

)

select
    segments.dimension,
    segments.segment,
    coalesce(open_deals.open_deals, 0) as open_deals,
    coalesce(open_deals.stale_deals, 0) as stale_deals,
    coalesce(open_deals.beyond_record_deals, 0) as beyond_record_deals,
    case when open_deals.value_refusal is null then open_deals.amount end as open_amount,
    case when open_deals.open_deals is null then 'no open deals' else open_deals.value_refusal end as value_refusal
from segments
left join open_deals on segments.dimension = open_deals.dimension and segments.segment = open_deals.segment
