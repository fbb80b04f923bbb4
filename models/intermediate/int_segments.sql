{{ config(materialized='table') }}
-- One row per column and spelling of a value, with the segment it belongs to: spellings that only look different are one segment, shown in
-- the commonest.

with segmented as (

    select
        *,
        case when is_no_value then 'unknown' else alias_segment end as given_segment,
        case when is_no_value then 'unknown' when alias_segment is not null then {{ folded('alias_segment') }} else folded_value end as segment_fold
    from {{ ref('int_aliased_values') }}

),

spellings as (

    select
        column_name,
        segment_fold,
        shown_value,
        max(given_segment) as given_segment,
        sum(uses) as uses
    from segmented
    group by column_name, segment_fold, shown_value

),

commonest as (

    select
        column_name,
        segment_fold,
        coalesce(max(given_segment) over (partition by column_name, segment_fold), shown_value) as segment,
        -- of two as common, the first in the order of letters
        row_number() over (partition by column_name, segment_fold order by uses desc, shown_value) as commonest_first
    from spellings

)

select
    segmented.column_name,
    segmented.stated_value,
    commonest.segment,
    segmented.is_no_value,
    cast(sum(segmented.uses) as bigint) as records
from segmented
inner join commonest
    on segmented.column_name = commonest.column_name
    and segmented.segment_fold = commonest.segment_fold
    and commonest.commonest_first = 1
group by segmented.column_name, segmented.stated_value, commonest.segment, segmented.is_no_value
