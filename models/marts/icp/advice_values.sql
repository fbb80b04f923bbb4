-- One row per recommendation: whether what is won more or less often is also worth more or less per opportunity, and what moving deals there
-- would bring. Rows may not be added: segments overlap.
-- noqa: disable=LT02

with sides as (

    select
        dimension,
        segment
    from {{ ref('dim_segment_cuts') }}
    group by dimension, segment

),

advised as (

    select
        recommended.*,
        worth.value_ratio,
        worth.value_ratio_low,
        worth.value_ratio_high,
        worth.day_ratio,
        worth.day_ratio_low,
        worth.day_ratio_high,
        worth.value_per_deal,
        worth.other_value_per_deal,
        worth.all_value_per_deal,
        worth.value_verdict,
        worth.won_deals as valued_won_deals,
        worth.decisions as valued_decisions,
        worth.value_missing_reason,
        recommended.action in ('target_more', 'deprioritise') as is_claimed,
        sides.segment is not null as is_side
    from {{ ref('icp_recommendations') }} as recommended
    left join {{ ref('segment_values') }} as worth
        on recommended.second_segment is null
        and recommended.dimension = worth.dimension
        and recommended.segment = worth.segment
    -- the value of a side beside those of its bands would tell one that is hidden because it rests on few wins
    left join sides
        on recommended.second_segment is null
        and recommended.dimension = sides.dimension
        and recommended.segment = sides.segment

),

-- the value of an opportunity there, drawn to that of all deals as rates are
drawn as (

    select
        *
        {%- for end in ['', '_low', '_high'] %},
        (valued_decisions * other_value_per_deal * value_ratio{{ end }} + {{ setting('shrinkage_deals') }} * all_value_per_deal)
        / (valued_decisions + {{ setting('shrinkage_deals') }}) - all_value_per_deal as extra{{ end }}
        {%- endfor %}
    from advised

),

judged as (

    select
        *,
        case
            when not is_claimed or value_verdict is null then null
            when value_verdict = 'cannot be told' then 'rate only'
            when (action = 'target_more') = (value_verdict = 'worth more') then 'both'
            else 'conflict'
        end as agreement
    from drawn

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
from judged
