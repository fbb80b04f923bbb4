-- One row per earlier recommendation (a claim, bet or test; the latest version of what was said): what became of it in the quarter
-- after the one it was drawn from. Empty until a second quarter is reviewed. Rows may not be added. The intervals and
-- the verdict are of decisions, of which lines that nothing tells apart are one.

with rated as (

    select
        followed.*,
        least(followed.decisions, followed.other_decisions) >= {{ setting('minimum_deals') | int }} as has_enough_deals,
        {{ decided_rate_columns('followed.won_deals', 'followed.closed_deals', 'followed.decisions', 'win_rate') }},
        {{ decided_rate_columns('followed.other_won_deals', 'followed.other_closed_deals', 'followed.other_decisions', 'other_win_rate') }},
        {{ difference_columns('win_rate', 'other_win_rate', 'difference') }},
        {{ rate_columns('followed.won_decisions', 'followed.decisions', 'decided_rate') }},
        {{ rate_columns('followed.other_won_decisions', 'followed.other_decisions', 'other_decided_rate') }},
        {{ difference_columns('decided_rate', 'other_decided_rate', 'decided_difference') }},
        -- a verdict is that of deals and of decisions alike
        least(difference_low, decided_difference_low) as lowest,
        greatest(difference_high, decided_difference_high) as highest
    from {{ ref('int_followed_advice') }} as followed

)

select
    reviewed_quarter,
    cast(rank as integer) as rank,
    dimension,
    segment,
    second_dimension,
    second_segment,
    segment_label,
    action,
    grade,
    title,
    predicted_win_rate,
    predicted_lift,
    predicted_lift_low,
    predicted_lift_high,
    {{ quarter_name('next_quarter_starts_on') }} as next_quarter,
    cast(coalesce(closed_deals, 0) as bigint) as closed_deals,
    cast(coalesce(won_deals, 0) as bigint) as won_deals,
    win_rate,
    win_rate_low,
    win_rate_high,
    other_win_rate,
    difference,
    difference_low,
    difference_high,
    case
        when not coalesce(has_enough_deals, false) then 'too early to tell'
        when predicted_lift > 0 and lowest > 0 then 'held'
        when predicted_lift < 0 and highest < 0 then 'held'
        when predicted_lift > 0 and (highest < 0 or highest < predicted_lift_low) then 'did not hold'
        when predicted_lift < 0 and (lowest > 0 or lowest > predicted_lift_high) then 'did not hold'
        else 'too early to tell'
    end as verdict,
    latest_version > first_version as is_history_revised
from rated
