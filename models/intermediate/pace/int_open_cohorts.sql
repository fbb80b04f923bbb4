{{ config(materialized='ephemeral') }}
-- One row per quarter of creation x last age at which deals of the window were decided before the open deals' own age: how many created deals
-- the open ones stand for, and the wins yet to come of them.

select
    spells.segment as created_quarter,
    chances.step_age_days,
    {{ sum_expected('spells.deals / nullif(chances.open_share, 0)') }} as created_for_them,
    {{ sum_expected('spells.deals * chances.win_chance') }} as expected_wins
from {{ ref('int_spells') }} as spells
inner join {{ ref('int_win_chances') }} as chances on chances.period = 'window' and spells.left_days = chances.age_days
where spells.period = 'all' and spells.dimension = 'created_quarter' and spells.left_as = 'open'
group by spells.segment, chances.step_age_days
