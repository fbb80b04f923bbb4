{{ config(enabled=true) }}
-- One row: what to do about the qualification score. Where it could not be judged, nothing is said of it but that.

with threshold as (

    select
        *,
        {{ two_decimals('score_threshold') }} as threshold_text,
        {{ two_decimals('current_score_threshold') }} as current_text
    from {{ ref('recommended_score_threshold') }}

),

met as (

    select
        *,
        case
            when may_know_outcome then 'knows_outcome'
            when is_predictive and grade != 'strong' then 'promising'
            when is_predictive and current_text is null then 'set'
            when is_predictive and current_text = threshold_text then 'keep'
            when is_predictive then 'move'
            when scored_deals < closed_deals * {{ setting('scored_minimum_share') }} then 'not_scored'
            when scored_deals < {{ setting('scored_minimum_deals') | int }} or gate_p_value is null then 'too_few'
            else 'not_predictive'
        end as situation
    from threshold

),

plays as (

    select
        situation,
        case
            when is_predictive or may_know_outcome then rationale
            else scored_deals || ' of ' || closed_deals || ' closed deals have a score.' || coalesce(' ' || nullif(missing_reason, ''), '')
        end as evidence,
        coalesce(threshold_text, '') as source_row,
        threshold_text as score_threshold,
        current_text as current_cutoff,
        {{ percent_text('win_rate_above_low') }} as above_low
    from met
    union all
    select
        'not_scored' as situation,
        'No closed deal of the window has a qualification score.' as evidence,
        '' as source_row,
        '' as score_threshold,
        '' as current_cutoff,
        '' as above_low
    from {{ ref('dim_periods') }}
    where period = 'quarter' and not exists (select 1 from met)

),

told as (

    select
        *,
        'score_threshold' as kind,
        1 as place,
        'recommended_score_threshold' as source_table,
        '{{ setting('scored_minimum_deals') }}' as minimum_scored
    from plays

)

{{ filled_plays('told', ['score_threshold', 'current_cutoff', 'above_low', 'minimum_scored']) }}
