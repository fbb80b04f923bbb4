-- One row per period x pipeline x open stage that deals reached in it: how many, and what became of them by the end of the export. Deals
-- whose moments are not known are in `all` only. Periods overlap and may not be added.

with days as (

    select
        periods.period,
        reached.reached_on
    from {{ ref('dim_periods') }} as periods
    inner join (select distinct reached_on from {{ ref('fct_deal_stages') }}) as reached
        on periods.period = 'all' or (reached.reached_on >= periods.starts_on and reached.reached_on < periods.ends_before_on)

)

select
    days.period,
    stages.pipeline,
    stages.stage,
    stages.stage_order,
    count(*) as reached_deals,
    count(stages.is_skipped) as known_path_deals,
    count(*) filter (where stages.is_skipped) as skipped_deals,
    count(*) filter (where stages.is_moved_back) as moved_back_deals,
    count(*) filter (where stages.left_as = 'advanced') as advanced_deals,
    count(*) filter (where stages.left_as = 'lost') as lost_deals,
    count(*) filter (where stages.left_as = 'disqualified') as disqualified_deals,
    count(*) filter (where stages.left_as = 'open') as open_deals,
    count(*) filter (where stages.outcome = 'won') as won_deals,
    count(stages.entered_on) as dated_deals,
    count(stages.amount) filter (where stages.left_as = 'lost') as lost_deals_with_amount,
    cast(sum(stages.amount) filter (where stages.left_as = 'lost') as double) as lost_amount
from {{ ref('fct_deal_stages') }} as stages
inner join days on stages.reached_on is not distinct from days.reached_on
group by days.period, stages.pipeline, stages.stage, stages.stage_order
