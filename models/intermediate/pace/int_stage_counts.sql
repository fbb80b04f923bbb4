-- One row per period x pipeline x open stage that deals reached in it: how many, and what became of them by the end of the export. Deals
-- whose moments are not known are in `all` only. Periods overlap and may not be added.

-- deals are looked at once; their days are some hundreds
with days as (

    select
        pipeline,
        stage,
        stage_order,
        reached_on,
        count(*) as reached_deals,
        count(is_skipped) as known_path_deals,
        count(*) filter (where is_skipped) as skipped_deals,
        count(*) filter (where is_moved_back) as moved_back_deals,
        count(*) filter (where left_as = 'advanced') as advanced_deals,
        count(*) filter (where left_as = 'lost') as lost_deals,
        count(*) filter (where left_as = 'disqualified') as disqualified_deals,
        count(*) filter (where left_as = 'open') as open_deals,
        count(*) filter (where outcome = 'won') as won_deals,
        count(entered_on) as dated_deals,
        count(amount) filter (where left_as = 'lost') as lost_deals_with_amount,
        sum(amount) filter (where left_as = 'lost') as lost_amount
    from {{ ref('fct_deal_stages') }}
    group by pipeline, stage, stage_order, reached_on

)

select
    periods.period,
    days.pipeline,
    days.stage,
    days.stage_order,
    cast(sum(days.reached_deals) as bigint) as reached_deals,
    cast(sum(days.known_path_deals) as bigint) as known_path_deals,
    cast(sum(days.skipped_deals) as bigint) as skipped_deals,
    cast(sum(days.moved_back_deals) as bigint) as moved_back_deals,
    cast(sum(days.advanced_deals) as bigint) as advanced_deals,
    cast(sum(days.lost_deals) as bigint) as lost_deals,
    cast(sum(days.disqualified_deals) as bigint) as disqualified_deals,
    cast(sum(days.open_deals) as bigint) as open_deals,
    cast(sum(days.won_deals) as bigint) as won_deals,
    cast(sum(days.dated_deals) as bigint) as dated_deals,
    cast(sum(days.lost_deals_with_amount) as bigint) as lost_deals_with_amount,
    cast(sum(days.lost_amount) as double) as lost_amount
from days
inner join {{ ref('dim_periods') }} as periods
    on periods.period = 'all' or (days.reached_on >= periods.starts_on and days.reached_on < periods.ends_before_on)
group by periods.period, days.pipeline, days.stage, days.stage_order
