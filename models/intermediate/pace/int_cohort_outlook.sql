{{ config(materialized='ephemeral') }}
-- One row per quarter of creation with deals still open, or found late: the wins yet to come at the pace of the trailing window, how
-- uncertain that pace makes them, and the deals that the export lacks. Quarters may be added, but for the variance.

-- deals are found late where those that closed before were not exported, judged by how few last that long
with found_late as (

    select
        spells.segment as created_quarter,
        {{ sum_expected('spells.deals * (1 / nullif(chances.open_share, 0) - 1)') }} as missing_deals
    from {{ ref('int_spells') }} as spells
    inner join {{ ref('int_win_chances') }} as chances on chances.period = 'window' and spells.entered_days - 1 = chances.age_days
    where spells.period = 'all' and spells.dimension = 'created_quarter' and spells.entered_days > 0
    group by spells.segment

),

added as (

    select
        created_quarter,
        expected_wins,
        0e0 as variance,
        0e0 as missing_deals
    from {{ ref('int_open_cohorts') }}
    union all
    select
        created_quarter,
        0e0 as expected_wins,
        variance,
        0e0 as missing_deals
    from {{ ref('int_cohort_variances') }}
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
