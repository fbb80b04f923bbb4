{{ config(enabled=true, materialized='ephemeral') }}
-- One row per action about segments, the most useful first. A segment that wins less than the others is given no campaign; one that
-- holds what is left over, such as Other, is no one to aim at. Where value contradicts the win rate no selling time is moved.

with met as (

    select
        recommended.*,
        recommended.expected_lift > 0 and recommended.difference > 0 as is_better,
        coalesce(worth.agreement = 'conflict', false) as is_contradicted,
        case
            when recommended.action = 'target_more' and is_contradicted then 'target_worth_less'
            when recommended.action = 'deprioritise' and is_contradicted then 'deprioritise_worth_more'
            when recommended.action in ('target_more', 'deprioritise') then recommended.action
            when recommended.best_bet and is_better then 'best_bet'
            when recommended.action = 'keep_testing' and is_better then 'keep_testing'
        end as situation
    from {{ ref('icp_recommendations') }} as recommended
    left join {{ ref('advice_values') }} as worth on recommended.rank = worth.rank
    where not recommended.is_remainder

),

placed as (

    select
        *,
        row_number() over (partition by situation order by rank) as place_in_situation,
        -- segments alike in every number have one place: no name decides which of them is acted on
        rank() over (
            partition by situation
            order by round(abs(coalesce(extra_wins_per_100, expected_lift)), 6) desc, closed_deals desc, won_deals desc, other_closed_deals
        ) as place_by_size,
        max(case when situation in ('target_more', 'target_worth_less') then 1 else 0 end) over () = 1 as has_target
    from met
    where situation is not null

),

-- a bet or a test is worth doing only where nothing can be targeted
chosen as (

    select
        *,
        case situation
            when 'target_more' then 0
            when 'target_worth_less' then 500
            when 'deprioritise' then 1000
            when 'deprioritise_worth_more' then 1500
            when 'best_bet' then 2000
            else 3000
        end + place_in_situation as place
    from placed
    where
        (situation = 'target_more' and place_by_size <= {{ setting('maximum_targets') | int }})
        or (situation in ('target_worth_less', 'deprioritise', 'deprioritise_worth_more') and place_by_size = 1)
        or (situation in ('best_bet', 'keep_testing') and place_by_size = 1 and not has_target)

),

plays as (

    select
        'targeting' as kind,
        situation,
        place,
        rationale as evidence,
        segment_label as source_row,
        segment_label as segment,
        {{ percent_text('other_win_rate') }} as rest_rate,
        shift_points as points
    from chosen
    union all
    select
        'targeting' as kind,
        'nothing' as situation,
        0 as place,
        case
            when decisions >= needed then closed_deals || ' closed deals, none of their segments clearly apart.'
            -- a decision that stands in several lines is one deal here
            when decisions < closed_deals then decisions || ' distinct closed deals, fewer than the ' || needed || ' from which a segment is claimed.'
            else closed_deals || ' closed deals, fewer than the ' || needed || ' from which a segment is claimed.'
        end as evidence,
        '' as source_row,
        '' as segment,
        '' as rest_rate,
        {{ setting('shift_points') | float }} as points
    from {{ ref('dim_periods') }}
    cross join (select coalesce(sum(decisions), 0) as decisions from {{ ref('int_decisions') }} where period = 'window') as decided
    cross join (select {{ setting('fallback_deals') | int }} as needed) as claims
    where period = 'window' and not exists (select 1 from chosen)

),

told as (

    select
        *,
        'icp_recommendations' as source_table,
        case
            when points = floor(points) then cast(cast(points as bigint) as string)
            else cast(cast(points as decimal(6, 1)) as string)
        end as shift_points
    from plays

)

{{ filled_plays('told', ['segment', 'rest_rate', 'shift_points']) }}
