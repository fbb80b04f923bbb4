{{ config(materialized='ephemeral') }}
-- One row per dimension x segment x age when found x age when left x way of leaving: the deals of the trailing window whose pace is judged.
-- A segment that has open deals and had none in the window goes at the pace of all: it has a row without deals.

select
    dimension,
    segment,
    entered_days,
    left_days,
    left_as,
    deals
from {{ ref('int_spells') }}
where period = 'window' and dimension not in ('all_decisions', 'stage', 'stage_decisions', 'from_stage')
union all
select distinct
    dimension,
    segment,
    0 as entered_days,
    0 as left_days,
    'open' as left_as,
    0 as deals
from {{ ref('int_open_cells') }}
