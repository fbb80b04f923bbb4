{{ config(materialized='table') }}
-- One row per period x day of age, up to that of the oldest deal: the chance that a deal still open at the end of that day is won yet, at
-- the pace of the period. Every age has a row, so that deals find theirs by equality; age -1 is before a deal is created.

with steps as (

    select
        *,
        max(won_share) over (partition by period) as final_won_share,
        sum(won_hazard) over (partition by period order by age_days) as won_hazards,
        sum(lost_hazard) over (partition by period order by age_days) as lost_hazards
    from {{ ref('int_win_curve_steps') }}
    where dimension = 'all'

),

periods as (

    select distinct
        period,
        final_won_share
    from steps

),

-- before the first decision every deal is open
read_off as (

    select
        periods.period,
        periods.final_won_share,
        ages.age_days,
        coalesce(steps.age_days, -1) as step_age_days,
        coalesce(steps.open_share, 1e0) as open_share,
        coalesce(steps.won_share, 0e0) as won_share,
        coalesce(steps.won_hazards, 0e0) as won_hazards,
        coalesce(steps.lost_hazards, 0e0) as lost_hazards,
        -- older than any deal the curve saw decided
        coalesce(steps.next_age_days is null and ages.age_days > steps.age_days, false) as is_beyond_record
    from periods
    cross join {{ ref('int_ages') }} as ages
    left join steps
        on periods.period = steps.period
        and ages.age_days >= steps.age_days
        and (ages.age_days < steps.next_age_days or steps.next_age_days is null)

)

select
    *,
    coalesce((final_won_share - won_share) / nullif(open_share, 0), 0e0) as win_chance,
    -- older than almost every deal that was ever won
    final_won_share > 0 and won_share >= {{ setting('stale_win_share') }} * final_won_share as is_stale_age
from read_off
