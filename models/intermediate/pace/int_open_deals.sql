{{ config(materialized='table') }}
-- One row per deal of the population that is open when the export ends: its age and the chance that it is won yet, at the pace of all deals
-- of the trailing window. Deals without a day of creation are left out.
-- noqa: disable=LT02

select
    spells.deal_key,
    spells.created_on,
    spells.left_days as age_days,
    spells.amount,
    chances.step_age_days,
    chances.win_chance,
    coalesce(chances.is_stale_age, false) as is_stale,
    coalesce(chances.is_beyond_record, false) as is_beyond_record
    {%- for column in segment_columns() %},
    spells.{{ column }}
    {%- endfor %}
from {{ ref('fct_open_spells') }} as spells
left join {{ ref('int_win_chances') }} as chances on chances.period = 'window' and spells.left_days = chances.age_days
where spells.period = 'all' and spells.left_as = 'open'
