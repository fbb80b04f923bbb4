{{ config(enabled=true, materialized='ephemeral') }}
-- One row per thing to know about the quarter, with its place among those of its topic and the order of its grade and its topic.

with repairs as (

    select
        'repair' as topic,
        grade,
        'none' as direction,
        title as subject,
        evidence as detail,
        'action_items' as source_table,
        cast(item as string) as source_row,
        -item as strength
    from {{ ref('action_items') }}
    where grade = 'fix the data'

),

candidates as (

    select * from {{ ref('int_advice_findings') }}
    union all
    select * from {{ ref('int_quarter_findings') }}
    union all
    select * from repairs

)

select
    *,
    row_number() over (partition by topic order by strength desc, source_row) as place_in_topic,
    case
        when topic = 'one_outcome' then 0
        when grade = 'strong' and topic in ('outside_limits', 'win_rate_change') then 1
        when grade = 'strong' then 2
        when topic = 'no_claim' then 3
        when grade in ('directional') then 4
        when topic = 'repair' then 5
        else 6
    end as grade_order,
    case topic
        when 'target' then 1 when 'away' then 2 when 'bet' then 3 when 'watch' then 4 when 'loss_reason_change' then 5
        when 'loss_reason_watch' then 6 when 'loss_reason' then 7 when 'competitor' then 8 when 'score_threshold' then 9 when 'buyer' then 10 else 11
    end as topic_order
from candidates
