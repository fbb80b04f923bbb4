{{ config(materialized='table') }}
-- One row per period x day of age, up to that of the oldest deal: the chance that a deal still open at the end of that day is won yet, at
-- the pace of the period. Every age has a row, so that deals find theirs by equality; age -1 is before a deal is created.

with steps as (

    select
        period,
        age_days,
        next_age_days,
        open_share,
        won_share,
        max(won_share) over (partition by period) as final_won_share,
        sum(won_hazard) over (partition by period order by age_days) as won_hazards,
        sum(lost_hazard) over (partition by period order by age_days) as lost_hazards
    from {{ ref('int_win_curve_steps') }}
    where dimension = 'all'

),

-- before the first decision every deal is open
started as (

    select *
    from steps
    union all
    select
        period,
        -1 as age_days,
        min(age_days) as next_age_days,
        1e0 as open_share,
        0e0 as won_share,
        max(final_won_share) as final_won_share,
        0e0 as won_hazards,
        0e0 as lost_hazards
    from steps
    group by period

),

-- a date mistyped by centuries is an age as well
ages as (

    select cast(id as integer) - 1 as age_days
    from range(1000000) as counted (id)
    where id <= (select max(age_days) + 1 from {{ ref('int_spell_days') }})

)

select
    started.period,
    ages.age_days,
    started.age_days as step_age_days,
    started.open_share,
    started.won_share,
    started.final_won_share,
    started.won_hazards,
    started.lost_hazards,
    coalesce((started.final_won_share - started.won_share) / nullif(started.open_share, 0), 0e0) as win_chance,
    -- older than almost every deal that was ever won
    started.final_won_share > 0 and started.won_share >= {{ setting('stale_win_share') }} * started.final_won_share as is_stale_age,
    -- older than any deal the curve saw decided
    started.next_age_days is null and ages.age_days > started.age_days as is_beyond_record
from started
inner join ages on started.age_days <= ages.age_days and (started.next_age_days > ages.age_days or started.next_age_days is null)
