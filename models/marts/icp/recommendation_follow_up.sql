-- One row per earlier recommendation (a claim, bet or test; the latest version of what was said): what became of it in the quarter
-- after the one it was drawn from. Empty until a second quarter is reviewed. Rows may not be added.

with rated as (

    select
        followed.*,
        least(followed.closed_deals, followed.other_closed_deals) >= {{ setting('minimum_deals') | int }} as has_enough_deals,
        {{ rate_columns('followed.won_deals', 'followed.closed_deals', 'win_rate') }},
        {{ rate_columns('followed.other_won_deals', 'followed.other_closed_deals', 'other_win_rate') }},
        {{ difference_columns('win_rate', 'other_win_rate', 'difference') }}
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
        when predicted_lift > 0 and difference_low > 0 then 'held'
        when predicted_lift < 0 and difference_high < 0 then 'held'
        when predicted_lift > 0 and (difference_high < 0 or difference_high < predicted_lift_low) then 'did not hold'
        when predicted_lift < 0 and (difference_low > 0 or difference_low > predicted_lift_high) then 'did not hold'
        else 'too early to tell'
    end as verdict,
    latest_version > first_version as is_history_revised
from rated
