-- One row per recommendation: whether what is won more or less often is also worth more or less per opportunity, and what moving deals there
-- would bring. Rows may not be added: segments overlap.
-- noqa: disable=LT02

-- the value of an opportunity there, drawn to that of all deals as rates are
with drawn as (

    select
        *,
        case
            when not is_claimed or value_verdict is null then null
            when value_verdict = 'cannot be told' then 'rate only'
            when (action = 'target_more') = (value_verdict = 'worth more') then 'both'
            else 'conflict'
        end as agreement,
        (value_of_others * value_ratio + prior_deals * all_value_per_deal) / (valued_decisions + prior_deals) - all_value_per_deal as extra,
        (value_of_others * value_ratio_low + prior_deals * all_value_per_deal) / (valued_decisions + prior_deals) - all_value_per_deal as extra_low,
        (value_of_others * value_ratio_high + prior_deals * all_value_per_deal) / (valued_decisions + prior_deals) - all_value_per_deal as extra_high
    from (
        select *, valued_decisions * other_value_per_deal as value_of_others, {{ setting('shrinkage_deals') }} as prior_deals  -- noqa: LT09
        from {{ ref('int_valued_advice') }}
    ) as valued

)

select
    rank,
    dimension,
    segment,
    second_dimension,
    second_segment,
    segment_label,
    action,
    grade,
    expected_lift,
    valued_won_deals as won_deals,
    value_ratio,
    value_ratio_low,
    value_ratio_high,
    day_ratio,
    day_ratio_low,
    day_ratio_high,
    agreement,
    shift_points,
    shift_points * extra as extra_amount_per_100,
    shift_points * extra_low as extra_amount_per_100_low,
    shift_points * extra_high as extra_amount_per_100_high,
    case agreement
        when 'both' then 'value says the same as the win rate'
        when 'rate only' then 'whether it is worth more or less per opportunity cannot be told'
        when 'conflict' then 'win rate and value disagree: move no selling time for this unless it is idle'
    end as price_sentence,
    population,
    case
        when second_segment is not null then 'pairs of segments are not valued'
        when is_side then 'bands taken together are not valued, each of them is'
        else value_missing_reason
    end as value_missing_reason
from drawn
