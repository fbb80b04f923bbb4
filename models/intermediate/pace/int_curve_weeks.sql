{{ config(materialized='ephemeral') }}
-- One row per period x dimension x segment x week of age at which its curve is drawn: up to the last at which enough deals are left to watch.

-- as with amounts, the days of few won or lost deals would be those of a deal
with known as (

    select
        period,
        dimension,
        segment,
        cast(floor(max(age_days) filter (where at_risk_deals >= {{ setting('curve_minimum_deals') | int }}) / 7e0) as integer) as last_week
    from {{ ref('int_spell_days') }}
    where dimension not in ('all_decisions', 'stage', 'stage_decisions', 'from_stage')
    group by period, dimension, segment
    having least(sum(won_deals), sum(lost_deals)) >= {{ setting('small_cell_minimum') | int }}

)

select
    known.period,
    known.dimension,
    known.segment,
    numbers.age_weeks
from known
inner join (select cast(id as integer) as age_weeks from range(1, 150000) as counted (id)) as numbers on numbers.age_weeks <= known.last_week
