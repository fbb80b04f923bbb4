-- One row per period x score threshold from 0.00 to 1.00: what would have happened had only deals with at least this qualification
-- score been pursued. In sample: the same deals set and judge the score threshold. Score thresholds and periods may not be added.

with scores as (

    select
        periods.period,
        deals.qualification_score,
        count(*) filter (where deals.outcome = 'won') as won_deals,
        count(*) filter (where deals.outcome = 'lost') as lost_deals
    from {{ ref('fct_closed_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    group by periods.period, deals.qualification_score

),

counted as (

    select
        periods.period,
        score_thresholds.score_threshold,
        cast(sum(case when scores.qualification_score >= score_thresholds.score_threshold then scores.won_deals else 0 end) as bigint) as true_positives,
        cast(sum(case when scores.qualification_score >= score_thresholds.score_threshold then scores.lost_deals else 0 end) as bigint) as false_positives,
        cast(sum(case when scores.qualification_score < score_thresholds.score_threshold then scores.won_deals else 0 end) as bigint) as false_negatives,
        cast(sum(case when scores.qualification_score < score_thresholds.score_threshold then scores.lost_deals else 0 end) as bigint) as true_negatives,
        cast(coalesce(sum(case when scores.qualification_score is null then scores.won_deals + scores.lost_deals end), 0) as bigint) as unscored_deals
    from {{ ref('dim_periods') }} as periods
    cross join (select cast(id * 5 as double) / 100e0 as score_threshold from range(21) as counted (id)) as score_thresholds
    left join scores on periods.period = scores.period
    group by periods.period, score_thresholds.score_threshold

),

rated as (

    select
        *,
        true_positives + false_positives + false_negatives + true_negatives as scored_deals,
        true_positives + true_negatives as right_deals,
        true_positives / nullif(true_positives + false_negatives, 0) as kept_wins_share,
        true_negatives / nullif(true_negatives + false_positives, 0) as spared_losses_share
    from counted

)

select
    {{ all_but('rated', ['right_deals', 'spared_losses_share']) }},
    periods.population,
    {{ rate_columns('rated.right_deals', 'rated.scored_deals', 'accuracy') }},
    rated.kept_wins_share + rated.spared_losses_share - 1 as youden_j,
    (rated.true_positives + rated.false_positives) / nullif(rated.scored_deals, 0) as pursued_share,
    {{ rate_columns('rated.true_positives', '(rated.true_positives + rated.false_positives)', 'win_rate_above') }},
    rated.false_negatives / nullif(rated.false_negatives + rated.true_negatives, 0) as win_rate_below,
    rated.scored_deals > 0 and rated.right_deals = max(rated.right_deals) over (partition by rated.period) as is_most_accurate,
    case when rated.scored_deals = 0 then coalesce(periods.missing_reason, 'no closed deal of this period has a qualification score') end as missing_reason
from rated
inner join {{ ref('dim_periods') }} as periods on rated.period = periods.period
