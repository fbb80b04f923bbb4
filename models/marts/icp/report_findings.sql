-- One row per thing to know about the quarter, at most five, the surest first and one of each topic before a second. The grade is
-- that of the row it comes from; its wording is the seed `finding_headlines`.

with repairs as (

    select
        'repair' as topic,
        grade,
        'none' as direction,
        title as subject,
        evidence as detail,
        'action_items' as source_table,
        cast(item as {{ dbt.type_string() }}) as source_row,
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

),

placed as (

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
            when 'loss_reason_watch' then 6 when 'loss_reason' then 7 when 'score_threshold' then 8 when 'buyer' then 9 else 10
        end as topic_order
    from candidates

),

numbered as (

    select
        *,
        cast(row_number() over (order by place_in_topic, grade_order, topic_order, source_row) as bigint) as finding
    from placed
    -- there are several best bets only where no number tells them apart
    where place_in_topic = 1 or topic = 'bet' or (place_in_topic = 2 and topic in ('target', 'away', 'watch', 'loss_reason_change', 'buyer', 'repair'))

)

select
    numbered.finding,
    numbered.topic,
    numbered.grade,
    numbered.direction,
    numbered.subject,
    replace(
        headlines.headline,
        '{subject}',
        case
            when numbered.source_row like 'buying_role %'
                then upper(substring(numbered.subject, 1, 1)) || replace(substring(numbered.subject, 2), '_', ' ')
            else numbered.subject
        end
    ) as headline,
    numbered.detail,
    numbered.source_table,
    numbered.source_row,
    periods.population
from numbered
inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
left join {{ ref('finding_headlines') }} as headlines
    on numbered.topic = headlines.topic
    and numbered.grade = headlines.grade
    and numbered.direction = headlines.direction
where numbered.finding <= 5
