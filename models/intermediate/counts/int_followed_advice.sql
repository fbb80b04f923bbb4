-- One row per earlier recommendation, as in int_due_advice, with the deals of the next quarter inside it and outside.

with due as (

    select * from {{ ref('int_due_advice') }}

),

next_deals as (

    select
        due.reviewed_quarter,
        due.rank,
        deals.is_won,
        deals.decision_line = 1 as is_decision,
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
        count(*) filter (where not is_inside and is_won = 1) as other_won_deals,
        count(*) filter (where is_inside and is_decision) as decisions,
        count(*) filter (where is_inside and is_decision and is_won = 1) as won_decisions,
        count(*) filter (where not is_inside and is_decision) as other_decisions,
        count(*) filter (where not is_inside and is_decision and is_won = 1) as other_won_decisions
    from next_deals
    group by reviewed_quarter, rank

)

select
    due.*,
    counted.closed_deals,
    counted.won_deals,
    counted.other_closed_deals,
    counted.other_won_deals,
    counted.decisions,
    counted.won_decisions,
    counted.other_decisions,
    counted.other_won_decisions
from due
left join counted on due.reviewed_quarter = counted.reviewed_quarter and due.rank = counted.rank
