-- One row per earlier recommendation (a claim, bet or test; the latest version of what was said): what became of it in the quarter
-- after the one it was drawn from. Empty until a second quarter is reviewed. Rows may not be added.

with due as (

    select * from {{ ref('int_due_advice') }}

),

next_deals as (

    select
        due.reviewed_quarter,
        due.rank,
        deals.is_won,
        ({{ dimension_value('due.dimension', 'deals') }} = due.segment or cuts.segment_part is not null)
        and (
            due.second_segment is null
            or {{ dimension_value('due.second_dimension', 'deals') }} = due.second_segment
        ) as is_inside
    from due
    inner join {{ ref('fct_closed_deals') }} as deals on due.next_quarter_starts_on = deals.closed_quarter_starts_on
    -- the deals of a cut are those of its bands
    left join {{ ref('dim_segment_cuts') }} as cuts
        on due.dimension = cuts.dimension and due.segment = cuts.segment
        and {{ dimension_value('due.dimension', 'deals') }} = cuts.segment_part

),

counted as (

    select
        reviewed_quarter,
        rank,
        count(*) filter (where is_inside) as closed_deals,
        count(*) filter (where is_inside and is_won = 1) as won_deals,
        count(*) filter (where not is_inside) as other_closed_deals,
        count(*) filter (where not is_inside and is_won = 1) as other_won_deals
    from next_deals
    group by reviewed_quarter, rank

),

rated as (

    select
        due.*,
        coalesce(counted.closed_deals, 0) as closed_deals,
        coalesce(counted.won_deals, 0) as won_deals,
        least(counted.closed_deals, counted.other_closed_deals) >= {{ setting('minimum_deals') | int }} as has_enough_deals,
        {{ rate_columns('counted.won_deals', 'counted.closed_deals', 'win_rate') }},
        {{ rate_columns('counted.other_won_deals', 'counted.other_closed_deals', 'other_win_rate') }}
    from due
    left join counted on due.reviewed_quarter = counted.reviewed_quarter and due.rank = counted.rank

),

compared as (

    select
        *,
        {{ difference_columns('win_rate', 'other_win_rate', 'difference') }}
    from rated

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
    cast(closed_deals as bigint) as closed_deals,
    cast(won_deals as bigint) as won_deals,
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
from compared
