-- One row: how steadily the win rate rose or fell over the last quarters that have ended. Z is that of the score test for a trend in
-- proportions (Cochran 1954, Armitage 1955), weighted by decisions.
-- noqa: disable=LT02

with summed as (

    select
        count(*) as quarters,
        min_by(quarter, starts_on) as first_quarter,
        max(latest_quarter) as last_quarter,
        min_by(win_rate, starts_on) as first_win_rate,
        max_by(win_rate, starts_on) as last_win_rate,
        sum(decisions) as decisions,
        -- as many of the decisions as of the deals were won
        sum(cast(won_deals as double) * decisions / closed_deals) / nullif(sum(decisions), 0) as deals_rate,
        sum(-cast(won_deals as double) * decisions / closed_deals * quarters_back) as deals_places,
        -- the decisions that were
        sum(cast(won_decisions as double)) / nullif(sum(decisions), 0) as decisions_rate,
        sum(-cast(won_decisions as double) * quarters_back) as decisions_places,
        sum(cast(-decisions * quarters_back as double)) as places,
        sum(cast(decisions * quarters_back * quarters_back as double)) as squared_places,
        coalesce(min(case when not is_on_side_of_latest then quarters_back end) - 1, count(*)) as run_quarters,
        count(case when quarters_back <= 3 and is_far and is_on_side_of_latest then 1 end) as far_quarters
    from {{ ref('int_ended_quarters') }}
    where quarters_back <= {{ setting('trend_quarters') | int }} and closed_deals > 0

),

scored as (

    select
        *,
        squared_places - power(places, 2) / decisions as spread,
        (deals_places - deals_rate * places) / nullif(sqrt(greatest(deals_rate * (1 - deals_rate) * spread, 0e0)), 0) as deals_z,
        (decisions_places - decisions_rate * places) / nullif(sqrt(greatest(decisions_rate * (1 - decisions_rate) * spread, 0e0)), 0) as decisions_z
    from summed

)

-- a trend is one of deals and of decisions alike, the nearer to none, so that the lines of one make none
select
    quarters,
    first_quarter,
    last_quarter,
    first_win_rate,
    last_win_rate,
    case
        when quarters >= {{ setting('alert_control_quarters') | int }}
            then round((sign(deals_z) + sign(decisions_z)) / 2e0 * least(abs(deals_z), abs(decisions_z)), 6)
    end as z,
    run_quarters,
    far_quarters
from scored
