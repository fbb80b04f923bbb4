-- One row: the qualification cut-off the window supports, what it does in and out of sample, and the cut-off in use today beside it.
-- `in_sample` figures are judged on the deals that set the cut-off and flatter it; `cross_validated` figures are not.

with in_use as (

    select max(try_cast(current_value as double)) as cutoff
    from {{ current_profile() }} as current_profile
    where attribute = 'qualification_threshold'

),

in_use_counts as (

    select
        in_use.cutoff,
        count(*) filter (where deals.qualification_score >= in_use.cutoff and deals.outcome = 'lost') as false_positives,
        count(*) filter (where deals.qualification_score < in_use.cutoff and deals.outcome = 'won') as false_negatives,
        count(deals.qualification_score) as scored_deals
    from in_use
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
    left join {{ ref('fct_closed_deals') }} as deals
        on deals.closed_on >= periods.starts_on
        and deals.closed_on < periods.ends_before_on
        and deals.qualification_score is not null
    group by in_use.cutoff

)

select
    threshold.is_predictive,
    threshold.reason,
    threshold.scored_deals,
    threshold.closed_deals,
    threshold.auc,
    threshold.gate_p_value,
    threshold.cut_off,
    threshold.base_rate,
    threshold.deals_above,
    threshold.won_above,
    threshold.win_rate_above,
    threshold.win_rate_above_low,
    threshold.win_rate_above_high,
    threshold.deals_below,
    threshold.won_below,
    threshold.win_rate_below,
    threshold.win_rate_below_low,
    threshold.win_rate_below_high,
    threshold.gap,
    threshold.gap_low,
    threshold.gap_high,
    threshold.cross_validated_youden,
    threshold.cross_validated_accuracy,
    threshold.majority_accuracy,
    threshold.in_sample_accuracy,
    threshold.in_sample_false_positives,
    threshold.in_sample_false_negatives,
    in_use_counts.cutoff as current_cut_off,
    case when in_use_counts.cutoff is not null then in_use_counts.false_positives end as current_false_positives,
    case when in_use_counts.cutoff is not null then in_use_counts.false_negatives end as current_false_negatives,
    case
        when in_use_counts.cutoff is not null
            then {{ rate('(in_use_counts.scored_deals - in_use_counts.false_positives - in_use_counts.false_negatives)', 'in_use_counts.scored_deals') }}
    end as current_accuracy,
    threshold.rationale,
    threshold.method_version,
    periods.population
from {{ advice('int_qualification_threshold') }} as threshold
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
cross join in_use_counts
