{{ config(materialized='ephemeral') }}
-- One row per period x dimension x segment x age at which deals came under watch or left it x what happened: how many deals. Each deal is
-- in two rows, one of its entry and one of its leaving.

select
    period,
    dimension,
    segment,
    left_days as age_days,
    left_as as movement,
    deals
from {{ ref('int_spells') }}
union all
select
    period,
    dimension,
    segment,
    entered_days as age_days,
    'entered' as movement,
    deals
from {{ ref('int_spells') }}
