{{ config(enabled=true) }}
{%- set minimum_losses = setting('minimum_reason_losses') | int -%}
-- One row per action about loss reasons, the most useful first. A reason stated on a handful of losses is not acted on, nor is what
-- could not be read as a reason. A quarter with few losses says little about reasons: then the window speaks. Few are few decisions.

with speaking as (

    select case when coalesce(max(outcome_decisions), 0) >= {{ setting('quarter_minimum_losses') | int }} then 'quarter' else 'window' end as period
    from {{ ref('int_decisions') }}
    where period = 'quarter' and outcome = 'lost'

),

reasons as (

    select
        reasons.*,
        decided.decisions,
        reasons.category in ('unspecified', 'other') as is_unusable,
        row_number() over (order by reasons.category in ('unspecified', 'other'), reasons.lost_deals desc, reasons.category) as place_among_stated
    from {{ ref('loss_reasons') }} as reasons
    inner join speaking on reasons.period = speaking.period
    inner join {{ ref('int_decisions') }} as decided on reasons.period = decided.period and reasons.category = decided.category

),

doubts as (

    select
        coalesce(bool_or(reliability.measure = 'unusable_reasons'), false) as are_unusable,
        coalesce(bool_or(reliability.measure = 'overall'), false) as are_doubtful,
        min(case when reliability.measure != 'overall' then reliability.meaning end) as meaning
    from {{ ref('loss_reason_reliability') }} as reliability
    inner join speaking on reliability.period = speaking.period
    where reliability.is_doubtful

),

grown as (

    select
        *,
        row_number() over (order by change desc, category desc) as place
    from {{ ref('loss_reason_changes') }}
    where is_changed and direction = 'up' and category not in ('unspecified', 'other')

),

plays as (

    select
        1 as place,
        'unusable' as situation,
        coalesce(sum(lost_deals) filter (where is_unusable), 0) || ' of ' || max(all_lost_deals) || ' lost deals state no usable reason.' as evidence,
        'loss_reason_reliability' as source_table,
        'unusable_reasons' as source_row
    from reasons
    where (select are_unusable from doubts)
    having count(*) > 0
    union all
    select
        2 as place,
        'changed' as situation,
        rationale as evidence,
        'loss_reason_changes' as source_table,
        category as source_row
    from grown
    where place = 1 and not (select are_doubtful from doubts)
    union all
    select
        10 + place_among_stated as place,
        case when decisions < {{ minimum_losses }} then 'too_few' else category end as situation,
        label || ': ' || lost_deals || ' of ' || all_lost_deals || ' losses, ' || {{ percent_text('share') }} || ' ('
        || {{ percent_text('share_low') }} || ' to ' || {{ percent_text('share_high') }} || ').' as evidence,
        'loss_reasons' as source_table,
        category as source_row
    from reasons
    where not is_unusable and place_among_stated <= {{ setting('maximum_loss_reasons') }} and (decisions >= {{ minimum_losses }} or place_among_stated = 1)
    union all
    select
        99 as place,
        'doubtful' as situation,
        'Doubtful: ' || meaning || '.' as evidence,
        'loss_reason_reliability' as source_table,
        'overall' as source_row
    from doubts
    where are_doubtful and not are_unusable and exists (select 1 from reasons)

),

told as (

    select
        plays.*,
        'loss_reason' as kind,
        reasons.label as reason,
        reasons.lost_deals || '' as losses,
        reasons.all_lost_deals || '' as all_losses,
        {{ percent_text('reasons.share_low') }} as share_low,
        {{ percent_text('grown.previous_share') }} as previous_share,
        {{ percent_text('1e0 - ' ~ setting('unusable_reason_share') ~ 'e0') }} as usable_share,
        '{{ minimum_losses }}' as minimum_losses
    from plays
    left join reasons on plays.source_row = reasons.category
    left join grown on plays.source_row = grown.category

)

{{ filled_plays('told', ['reason', 'losses', 'all_losses', 'share_low', 'previous_share', 'usable_share', 'minimum_losses']) }}
