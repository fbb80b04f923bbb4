{{ config(enabled=true, materialized='ephemeral') }}
-- One row per thing that this report says, an action in the place of the finding it follows from. What is said of who buys is left out: two
-- reports side by side could tell of a person.

with stated as (

    select
        'action' as kind,
        -- a threshold that moved is still one
        concat_ws(' ', kind, source_table, case when kind != 'score_threshold' then nullif(source_row, '') end) as about,
        grade,
        title as statement,
        100 + item as place
    from {{ ref('action_items') }}
    where kind != 'personas'
    union all
    select
        'finding' as kind,
        case
            when source_table = 'icp_recommendations' then concat_ws(' ', 'targeting', source_table, subject)
            when topic in ('competitor', 'loss_reason') then concat_ws(' ', topic, source_table, source_row)
            when topic = 'score_threshold' then concat_ws(' ', topic, source_table)
            when topic like 'loss_reason%' then concat_ws(' ', topic, source_row)
            -- of a quarter there is one statement of each other topic
            else topic
        end as about,
        grade,
        headline as statement,
        200 + finding as place
    from {{ ref('report_findings') }}
    where topic not in ('buyer', 'repair')
    union all
    select
        'alert' as kind,
        concat_ws(' ', 'alert', alerts.alert, nullif(alerts.subject, periods.last_quarter)) as about,
        'fix the data' as grade,
        alerts.meaning as statement,
        300 + row_number() over (order by alerts.alert, alerts.subject) as place
    from {{ ref('alerts') }} as alerts
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
    where alerts.is_raised

)

select *
from (
    select
        *,
        row_number() over (partition by about order by place) as place_about
    from stated
    where statement is not null
) as numbered
where place_about = 1
