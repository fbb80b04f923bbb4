-- One row per quarter of creation with deals still open, or found late: the wins yet to come at the pace of the trailing window, how
-- uncertain that pace makes them, and the deals that the export lacks. Quarters may be added, but for the variance.

with open_deals as (

    select
        spells.segment as created_quarter,
        chances.step_age_days,
        {{ sum_expected('spells.deals / nullif(chances.open_share, 0)') }} as created_for_them,
        {{ sum_expected('spells.deals * chances.win_chance') }} as expected_wins
    from {{ ref('int_spells') }} as spells
    inner join {{ ref('int_win_chances') }} as chances on chances.period = 'window' and spells.left_days = chances.age_days
    where spells.period = 'all' and spells.dimension = 'created_quarter' and spells.left_as = 'open'
    group by spells.segment, chances.step_age_days

),

-- deals are found late where those that closed before were not exported, judged by how few last that long
found_late as (

    select
        spells.segment as created_quarter,
        {{ sum_expected('spells.deals * (1 / nullif(chances.open_share, 0) - 1)') }} as missing_deals
    from {{ ref('int_spells') }} as spells
    inner join {{ ref('int_win_chances') }} as chances on chances.period = 'window' and spells.entered_days - 1 = chances.age_days
    where spells.period = 'all' and spells.dimension = 'created_quarter' and spells.entered_days > 0
    group by spells.segment

),

-- an open deal passes each later age as often as deals last that long: the delta method, age by age
passing as (

    select
        open_deals.created_quarter,
        steps.age_days,
        {{ sum_expected('open_deals.created_for_them') }} * max(steps.open_share_before) as deals
    from open_deals
    inner join {{ ref('int_win_curve_steps') }} as steps
        on steps.period = 'window' and steps.dimension = 'all' and open_deals.step_age_days < steps.age_days
    group by open_deals.created_quarter, steps.age_days

),

uncertain as (

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

),

added as (

    select
        created_quarter,
        expected_wins,
        0e0 as variance,
        0e0 as missing_deals
    from open_deals
    union all
    select
        created_quarter,
        0e0 as expected_wins,
        variance,
        0e0 as missing_deals
    from uncertain
    union all
    select
        created_quarter,
        0e0 as expected_wins,
        0e0 as variance,
        missing_deals
    from found_late

)

select
    created_quarter,
    {{ sum_expected('expected_wins') }} as expected_wins,
    {{ sum_expected('variance') }} as pace_variance,
    {{ sum_expected('missing_deals') }} as missing_deals
from added
group by created_quarter
