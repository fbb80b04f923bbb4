-- One row per thing to know about the quarter, at most five, the surest first and one of each topic before a second. The grade is
-- that of the row it comes from; the wording is the report's, the choice is made here.

with claimed as (

    select
        case when action = 'target_more' then 'target' else 'away' end as topic,
        grade,
        case when action = 'target_more' then 'up' else 'down' end as direction,
        segment_label as subject,
        rationale as detail,
        'icp_recommendations' as source_table,
        cast(rank as {{ dbt.type_string() }}) as source_row,
        -rank as strength
    from {{ ref('icp_recommendations') }}
    where grade = 'strong' and not is_remainder

),

-- a bet or a test is worth a line only where nothing can be claimed
hoped_for as (

    select
        case when best_bet then 'bet' else 'watch' end as topic,
        grade,
        case when expected_lift >= 0 then 'up' else 'down' end as direction,
        segment_label as subject,
        rationale as detail,
        'icp_recommendations' as source_table,
        cast(rank as {{ dbt.type_string() }}) as source_row,
        -rank as strength
    from {{ ref('icp_recommendations') }}
    where grade in ('directional') and not is_remainder and not exists (select 1 from claimed where topic = 'target')

),

no_claim as (

    select distinct
        'no_claim' as topic,
        'too few deals' as grade,
        'none' as direction,
        'segments' as subject,
        no_claim_sentence as detail,
        'icp_segment_evidence' as source_table,
        '' as source_row,
        0 as strength
    from {{ advice('int_segment_evidence') }}
    where no_claim_sentence is not null

),

-- a win rate that left its limits, or changed by more than chance
win_rate as (

    select
        case when is_outside_limits then 'outside_limits' else 'win_rate_change' end as topic,
        'strong' as grade,
        case when (is_outside_limits and win_rate > center_line) or (not is_outside_limits and win_rate_change > 0) then 'up' else 'down' end as direction,
        quarter as subject,
        cast(null as {{ dbt.type_string() }}) as detail,
        'win_rates_by_quarter' as source_table,
        quarter as source_row,
        0 as strength
    from {{ ref('win_rates_by_quarter') }}
    where
        quarter = (select last_quarter from {{ ref('dim_periods') }} where period = 'quarter')
        and (is_outside_limits or is_win_rate_changed)

),

-- reasons are what sellers say: a change in doubtful reasons is watched, never claimed
reason_changes as (

    select
        'loss_reason_change' as topic,
        case when is_reliable then 'strong' else 'directional' end as grade,
        direction,
        category as subject,
        rationale as detail,
        'loss_reason_changes' as source_table,
        category as source_row,
        abs(change) as strength
    from {{ ref('loss_reason_changes') }}
    where is_changed and category not in ('unspecified', 'other')

),

reasons as (

    select
        'loss_reason' as topic,
        case when lost_deals >= {{ setting('minimum_reason_losses') | int }} then 'directional' else 'too few deals' end as grade,
        'none' as direction,
        label as subject,
        cast(null as {{ dbt.type_string() }}) as detail,
        'loss_reasons' as source_table,
        category as source_row,
        lost_deals as strength
    from {{ ref('loss_reasons') }}
    where period = 'quarter' and lost_deals > 0 and category not in ('unspecified', 'other')

),

score_threshold as (

    select
        'score_threshold' as topic,
        'strong' as grade,
        'none' as direction,
        cast(score_threshold as {{ dbt.type_string() }}) as subject,
        rationale as detail,
        'recommended_score_threshold' as source_table,
        '' as source_row,
        0 as strength
    from {{ ref('recommended_score_threshold') }}
    where is_predictive

),

buyers as (

    select
        'buyer' as topic,
        case when action in ('target_more', 'deprioritise') then 'strong' else 'directional' end as grade,
        case when expected_lift >= 0 then 'up' else 'down' end as direction,
        persona as subject,
        rationale as detail,
        'persona_evidence' as source_table,
        persona_type || ' ' || persona as source_row,
        case when action = 'keep_testing' then 0 when expected_lift >= 0 then 2 else 1 end + abs(expected_lift) as strength
    from {{ ref('persona_evidence') }}
    where not is_refused and action in ('target_more', 'deprioritise', 'keep_testing') and lower(persona) not like '%unknown%' and persona != 'other'

),

repairs as (

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

    select * from claimed
    union all
    select * from hoped_for
    union all
    select * from no_claim
    union all
    select * from win_rate
    union all
    select * from reason_changes
    union all
    select * from reasons
    union all
    select * from score_threshold
    union all
    select * from buyers
    union all
    select * from repairs

),

placed as (

    select
        *,
        row_number() over (partition by topic order by strength desc, source_row) as place_in_topic,
        case
            when topic in ('outside_limits', 'win_rate_change') then 1
            when grade = 'strong' then 2
            when topic = 'no_claim' then 3
            when grade in ('directional') then 4
            when topic = 'repair' then 5
            else 6
        end as grade_order,
        case topic
            when 'target' then 1 when 'away' then 2 when 'bet' then 3 when 'watch' then 4 when 'loss_reason_change' then 5
            when 'loss_reason' then 6 when 'score_threshold' then 7 when 'buyer' then 8 else 9
        end as topic_order
    from candidates

),

numbered as (

    select
        *,
        cast(row_number() over (order by place_in_topic, grade_order, topic_order, source_row) as bigint) as finding
    from placed
    where place_in_topic = 1 or (place_in_topic = 2 and topic in ('target', 'away', 'watch', 'loss_reason_change', 'buyer', 'repair'))

)

select
    finding,
    topic,
    grade,
    direction,
    subject,
    detail,
    source_table,
    source_row,
    periods.population
from numbered
inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter'
where finding <= 5
