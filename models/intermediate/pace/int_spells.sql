{{ config(materialized='table') }}
-- One row per period x dimension x segment x age when found x age when left x way of leaving: how many deals. Every curve and pace is
-- made of these rows: deals in their millions become some thousands. Dimensions overlap and may not be added.
-- noqa: disable=LT09

with by_quarter as (

    select
        period,
        {{ quarter_start('created_on') }} as created_quarter_starts_on,
        entered_days,
        left_days,
        left_as,
        count(*) as deals,
        count(*) filter (where decision_line = 1) as decisions
    from {{ ref('fct_open_spells') }}
    group by all

)

select period, 'all' as dimension, 'all deals' as segment, entered_days, left_days, left_as, cast(sum(deals) as bigint) as deals
from by_quarter
group by period, entered_days, left_days, left_as
union all
select period, 'all_decisions' as dimension, 'all deals' as segment, entered_days, left_days, left_as, cast(sum(decisions) as bigint) as deals
from by_quarter
where decisions > 0 and period = 'window'
group by period, entered_days, left_days, left_as
union all
-- deals of all periods, so that a quarter's deals are followed to the end
select
    period,
    'created_quarter' as dimension,
    coalesce({{ quarter_name('created_quarter_starts_on') }}, 'unknown') as segment,
    entered_days,
    left_days,
    left_as,
    deals
from by_quarter
where period = 'all'
union all
select 'window' as period, dimension, segment, entered_days, left_days, left_as, deals
from {{ ref('int_spells_by_segment') }}
union all
select period, dimension, segment, entered_days, left_days, left_as, deals
from {{ ref('int_stage_spells') }}
