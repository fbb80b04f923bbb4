{{ config(enabled=true, materialized='ephemeral') }}
-- One row: what to do about the process of selling, or about the records of it. A field that another action asks for already is not
-- asked for a second time.

with quarter as (

    select quarters.*
    from {{ ref('win_rates_by_quarter') }} as quarters
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'quarter' and quarters.quarter = periods.last_quarter
    where quarters.closed_deals > 0

),

asked_for as (

    select situations.asks_for_field
    from {{ ref('action_situations') }} as situations
    left join {{ ref('int_loss_reason_actions') }} as reasons on situations.kind = reasons.kind and situations.situation = reasons.situation
    left join {{ ref('int_score_actions') }} as scores on situations.kind = scores.kind and situations.situation = scores.situation
    where situations.asks_for_field is not null and coalesce(reasons.situation, scores.situation) is not null

),

gaps as (

    select
        *,
        row_number() over (order by filled_share, field, outcome) as place_in_gaps
    from {{ ref('field_completeness') }}
    where
        period = 'window' and outcome in ('won', 'lost') and is_needed_for_advice
        and filled_share < {{ setting('usable_field_share') }}
        and field not in (select asks_for_field from asked_for)

),

-- what no file holds is no matter of filling in
absent as (

    select min(field) as field
    from {{ ref('field_completeness') }}
    where
        period = 'window' and is_needed_for_advice and missing_reason = 'not exported'
        and field not in (select asks_for_field from asked_for)
    having count(*) > 0

),

met as (

    select
        'outside_limits' as situation,
        quarter || ': ' || won_deals || ' of ' || closed_deals || ' won (' || {{ percent_text('win_rate') }} || '); usual limits '
        || {{ percent_text('lower_limit') }} || ' to ' || {{ percent_text('upper_limit') }} || '.' as evidence,
        'win_rates_by_quarter' as source_table,
        quarter as source_row,
        1 as urgency
    from quarter
    where is_outside_limits
    union all
    select
        'not_exported' as situation,
        'No file of the export holds the ' || field || '.' as evidence,
        'field_completeness' as source_table,
        field as source_row,
        2 as urgency
    from absent
    union all
    select
        'incomplete' as situation,
        filled_deals || ' of ' || deals || ' ' || outcome || ' deals have the ' || field || '.' as evidence,
        'field_completeness' as source_table,
        field as source_row,
        3 as urgency
    from gaps
    where place_in_gaps = 1
    union all
    select
        'steady' as situation,
        case
            when sum(decisions) >= {{ setting('minimum_deals') | int }} then sum(closed_deals) || ' closed deals in the quarter, within the usual limits.'
            when sum(decisions) < sum(closed_deals) then sum(decisions) || ' distinct closed deals in the quarter, too few to judge their win rate.'
            else coalesce(sum(closed_deals), 0) || ' closed deals in the quarter, too few to judge their win rate.'
        end as evidence,
        'win_rates_by_quarter' as source_table,
        '' as source_row,
        4 as urgency
    from quarter

),

told as (

    select
        *,
        'process' as kind,
        1 as place,
        source_row as field,
        {{ percent_text(setting('usable_field_share') ~ 'e0') }} as usable_share
    from met
    where urgency = (select min(others.urgency) from met as others)

)

{{ filled_plays('told', ['field', 'usable_share']) }}
