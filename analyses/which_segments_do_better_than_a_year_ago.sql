-- Which segments win more often than in the same quarter of the year before?

with latest as (

    select max(quarter) as quarter
    from {{ ref('segment_quarters') }}
    where not is_partial

)

select
    now.dimension,
    now.segment,
    now.quarter,
    now.won_deals,
    now.closed_deals,
    before.won_deals as won_deals_a_year_ago,
    before.closed_deals as closed_deals_a_year_ago,
    round(100.0 * now.won_deals / now.closed_deals - 100.0 * before.won_deals / before.closed_deals) as points
from {{ ref('segment_quarters') }} as now
inner join latest on now.quarter = latest.quarter
inner join {{ ref('segment_quarters') }} as before
    on now.dimension = before.dimension
    and now.segment = before.segment
    -- names of quarters are alike but for the year
    and substr(now.quarter, 1, length(now.quarter) - 7) = substr(before.quarter, 1, length(before.quarter) - 7)
    and substr(now.quarter, -3) = substr(before.quarter, -3)
    and cast(substr(now.quarter, -7, 4) as integer) = cast(substr(before.quarter, -7, 4) as integer) + 1
where now.closed_deals >= 10 and before.closed_deals >= 10
order by points desc, now.dimension, now.segment
