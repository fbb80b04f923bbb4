{{ config(enabled=true) }}
-- One row: what to do about the qualification score. Where it could not be judged, nothing is said of it but that.

with met as (

    select
        *,
        {{ two_decimals('score_threshold') }} as threshold_text,
        {{ two_decimals('current_score_threshold') }} as current_text,
        case
            when may_know_outcome then 'knows_outcome'
            when is_predictive and grade != 'strong' then 'promising'
            when is_predictive and current_score_threshold is null then 'set'
            when is_predictive and current_text = threshold_text then 'keep'
            when is_predictive then 'move'
            when scored_deals < closed_deals * {{ setting('scored_minimum_share') }} then 'not_scored'
            when scored_deals < {{ setting('scored_minimum_deals') | int }} or gate_p_value is null then 'too_few'
            else 'not_predictive'
        end as situation
    from {{ ref('recommended_score_threshold') }}

),

plays as (

    select
        'score_threshold' as kind,
        1 as place,
        coalesce(met.situation, 'not_scored') as situation,
        case
            when met.situation is null then 'No closed deal of the window has a qualification score.'
            when met.is_predictive or met.may_know_outcome then met.rationale
            else met.scored_deals || ' of ' || met.closed_deals || ' closed deals have a score.' || coalesce(' ' || nullif(met.missing_reason, ''), '')
        end as evidence,
        'recommended_score_threshold' as source_table,
        coalesce(met.threshold_text, '') as source_row,
        met.threshold_text as score_threshold,
        met.current_text as current_cutoff,
        {{ percent_text('met.win_rate_above_low') }} as above_low,
        '{{ setting('scored_minimum_deals') }}' as minimum_scored
    from {{ ref('dim_periods') }} as periods
    left join met on periods.period = 'quarter'
    where periods.period = 'quarter'

)

{{ filled_plays('plays', ['score_threshold', 'current_cutoff', 'above_low', 'minimum_scored']) }}
