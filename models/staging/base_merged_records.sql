{{ config(materialized='table') }}
-- One row per record that was merged into another one, by the object it is of: a deal, account or contact that no longer is one of its own.

with pairs as (

    select * from {{ ref('base_named_mergers') }}

),

-- of two that name each other neither is gone
one_way as (

    select pairs.*
    from pairs
    left join pairs as reversed
        on pairs.object = reversed.object and pairs.merged_id = reversed.survivor_id and pairs.survivor_id = reversed.merged_id
    where reversed.object is null

),

-- the survivor of an earlier merger may have been merged itself
nearest as (

    select
        one_way.object,
        one_way.merged_id,
        coalesce(min(case when later.object is null then one_way.survivor_id end), min(one_way.survivor_id)) as survivor_id
    from one_way
    left join one_way as later on one_way.object = later.object and one_way.survivor_id = later.merged_id
    group by one_way.object, one_way.merged_id

)

select
    nearest.object,
    nearest.merged_id,
    coalesce(third.survivor_id, second.survivor_id, nearest.survivor_id) as survivor_id
from nearest
left join nearest as second on nearest.object = second.object and nearest.survivor_id = second.merged_id
left join nearest as third on second.object = third.object and second.survivor_id = third.merged_id
