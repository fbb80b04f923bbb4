-- One row per period x pipeline x open stage that deals reached in it: what became of them by the end of the export, how long they stood in
-- it, where deals are lost. At every stage reached = advanced + lost + disqualified + open. Periods overlap, and a deal is in every stage
-- it reached: neither may be added.

select
    counts.period,
    counts.pipeline,
    counts.stage,
    counts.stage_order,
    periods.population,
    counts.reached_deals,
    -- without a history it is not known what was passed over
    case when counts.known_path_deals > 0 then counts.skipped_deals end as skipped_deals,
    case when counts.known_path_deals > 0 then counts.moved_back_deals end as moved_back_deals,
    counts.advanced_deals,
    counts.lost_deals,
    counts.disqualified_deals,
    counts.open_deals,
    counts.won_deals,
    leaving.won_share as advance_rate,
    leaving.won_share_low as advance_rate_low,
    leaving.won_share_high as advance_rate_high,
    case when counts.dated_deals >= {{ setting('small_cell_minimum') | int }} then leaving.median_days end as median_stage_days,
    ending.won_share as win_rate_from_here,
    ending.won_share_low as win_rate_from_here_low,
    ending.won_share_high as win_rate_from_here_high,
    {{ rate_columns('counts.lost_deals', 'counts.all_lost_deals', 'share_of_losses') }},
    case
        when 2 * counts.lost_deals_with_amount >= counts.lost_deals and counts.lost_deals >= {{ setting('small_cell_minimum') | int }}
            then counts.lost_amount
    end as lost_amount,
    nullif(concat_ws(
        '; ',
        case when counts.dated_deals = 0 then 'no deal has a day on which it entered the stage' end,
        case when counts.dated_deals > 0 and leaving.won_share is null then 'no deal is known to have left the stage' end,
        case
            when counts.deals_without_stages > 0
                then counts.deals_without_stages || ' of ' || counts.deals || ' deals of the pipeline have no known stage and are not counted'
        end
    ), '') as missing_reason
from {{ ref('int_funnel_counts') }} as counts
inner join {{ ref('dim_periods') }} as periods on counts.period = periods.period
left join {{ ref('int_stage_rates') }} as leaving
    on leaving.dimension = 'stage' and counts.period = leaving.period and counts.segment = leaving.segment
left join {{ ref('int_stage_rates') }} as ending
    on ending.dimension = 'from_stage' and counts.period = ending.period and counts.segment = ending.segment
