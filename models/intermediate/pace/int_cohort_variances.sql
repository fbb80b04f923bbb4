{{ config(materialized='ephemeral') }}
-- One row per quarter of creation x later age at which deals of the window were decided: the variance that the pace of that age, learned
-- from few deals, gives the wins yet to come (delta method). Ages may be added.

-- an open deal passes each later age as often as deals last that long
with passing as (

    select
        open_deals.created_quarter,
        steps.age_days,
        {{ sum_expected('open_deals.created_for_them') }} * max(steps.open_share_before) as deals
    from {{ ref('int_open_cohorts') }} as open_deals
    inner join {{ ref('int_win_curve_steps') }} as steps
        on steps.period = 'window' and steps.dimension = 'all' and open_deals.step_age_days < steps.age_days
    group by open_deals.created_quarter, steps.age_days

)

select
    passing.created_quarter,
    steps.age_days,
    power(passing.deals, 2) / steps.at_risk_deals * (
        steps.won_hazard * (1 - steps.won_hazard)
        - 2 * steps.won_hazard * (1 - steps.won_hazard - steps.lost_hazard) * chances.win_chance
        + (steps.won_hazard + steps.lost_hazard) * (1 - steps.won_hazard - steps.lost_hazard) * power(chances.win_chance, 2)
    ) as variance
from passing
inner join {{ ref('int_win_curve_steps') }} as steps
    on steps.period = 'window' and steps.dimension = 'all' and passing.age_days = steps.age_days
inner join {{ ref('int_win_chances') }} as chances on chances.period = 'window' and passing.age_days = chances.age_days
