{{ config(enabled=true, materialized='ephemeral') }}
-- One row per thing to know about a segment. A bet or a test is worth a line only where nothing can be claimed; a segment that holds what
-- is left over is none to aim at.

with advised as (

    select
        *,
        case
            when grade = 'strong' and action = 'target_more' then 'target'
            when grade = 'strong' then 'away'
            when best_bet then 'bet'
            else 'watch'
        end as topic
    from {{ ref('icp_recommendations') }}
    where grade in ('strong', 'directional') and not is_remainder

)

select
    topic,
    grade,
    case when topic = 'target' or (topic in ('bet', 'watch') and expected_lift >= 0) then 'up' else 'down' end as direction,
    segment_label as subject,
    rationale as detail,
    'icp_recommendations' as source_table,
    cast(rank as string) as source_row,
    -rank as strength
from advised
where grade = 'strong' or not exists (select 1 from advised as claims where claims.topic = 'target')
