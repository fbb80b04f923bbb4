{{ config(enabled=true, materialized='ephemeral') }}
-- One row: closed deals of the window in a segment to target more, and those in two such segments or more: gains of segments that share deals do
-- not add up. Pairs of segments are not counted.

with targeted as (

    select
        closed.deal_key,
        count(*) as segments
    from {{ ref('fct_closed_deals') }} as closed
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window'
        and {{ in_period('closed.closed_on') }}
    inner join {{ ref('icp_recommendations') }} as recommended
        on recommended.action = 'target_more' and not recommended.is_remainder and recommended.second_segment is null
    left join {{ ref('dim_segment_cuts') }} as cuts
        on recommended.dimension = cuts.dimension and recommended.segment = cuts.segment
        and {{ dimension_value('recommended.dimension', 'closed') }} = cuts.segment_part
    where {{ dimension_value('recommended.dimension', 'closed') }} = recommended.segment or cuts.segment_part is not null
    group by closed.deal_key

)

select
    count(*) as target_deals,
    coalesce(sum(case when segments > 1 then 1 else 0 end), 0) as shared_target_deals
from targeted
