-- One row: whether the win rate rose or fell steadily over the last quarters that have ended. Z is that of the score test for a trend in
-- proportions (Cochran 1954, Armitage 1955), weighted by decisions; runs are judged as on a control chart (Nelson 1984).

with summed as (

    select
        count(*) as quarters,
        min_by(quarter, starts_on) as first_quarter,
        max(latest_quarter) as last_quarter,
        min_by(win_rate, starts_on) as first_win_rate,
        max_by(win_rate, starts_on) as last_win_rate,
        sum(decisions) as decisions,
        sum(won) / nullif(sum(decisions), 0) as win_rate,
        sum(-won * quarters_back) as won_places,
        sum(cast(-decisions * quarters_back as double)) as places,
        sum(cast(decisions * quarters_back * quarters_back as double)) as squared_places,
        coalesce(min(case when not is_on_side_of_latest then quarters_back end) - 1, count(*)) as run_quarters,
        count(case when quarters_back <= 3 and is_far and is_on_side_of_latest then 1 end) as far_quarters
    from (
        -- as many of the decisions as of the deals were won
        select *, cast(won_deals as double) * decisions / closed_deals as won  -- noqa: LT09
        from {{ ref('int_ended_quarters') }} where quarters_back <= {{ setting('trend_quarters') | int }} and closed_deals > 0
    ) as ended

),

tested as (

    select
        *,
        case
            when quarters >= {{ setting('alert_control_quarters') | int }}
                then (won_places - win_rate * places)
                    / nullif(sqrt(greatest(win_rate * (1 - win_rate) * (squared_places - power(places, 2) / decisions), 0e0)), 0)
        end as z
    from summed

)

select
    periods.period,
    cast(coalesce(tested.quarters, 0) as bigint) as quarters,
    tested.first_quarter,
    tested.last_quarter,
    tested.first_win_rate,
    tested.last_win_rate,
    round(tested.z, 6) as z,
    case
        when tested.z is null then 'too few deals'
        when abs(tested.z) > 1.959964 then 'strong'
        when abs(tested.z) >= 1.281552 then 'directional'
        else 'no difference'
    end as grade,
    cast(tested.run_quarters as bigint) as run_quarters,
    -- eight quarters on one side of the average, or two of three beyond two standard errors
    coalesce(tested.run_quarters >= 8 or tested.far_quarters >= 2, false) as is_shift,
    periods.population
from {{ ref('dim_periods') }} as periods
left join tested on true
where periods.period = 'quarter'
