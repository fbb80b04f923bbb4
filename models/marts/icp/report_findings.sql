-- One row per thing to know about the quarter, at most five, the surest first and one of each topic before a second. The grade is
-- that of the row it comes from; its wording is the seed `finding_headlines`.

with numbered as (

    select
        *,
        cast(row_number() over (order by place_in_topic, grade_order, topic_order, source_row) as bigint) as finding
    from {{ ref('int_placed_findings') }}
    -- there are several best bets only where no number tells them apart
    where
        place_in_topic = 1 or topic = 'bet'
        or (place_in_topic = 2 and topic in ('target', 'away', 'watch', 'loss_reason_change', 'competitor', 'buyer', 'repair'))

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
