-- One row: the score threshold the window supports, what it does in and out of sample, and the score threshold in use today beside it.
-- `in_sample` figures are judged on the deals that set the score threshold and flatter it; `cross_validated` figures are not.

with in_use as (

    select max(try_cast(current_value as double)) as score_threshold
    from {{ current_profile() }} as current_profile
    where profile_field = 'score_threshold'

),

in_use_counts as (

    select
        in_use.score_threshold,
        count(*) filter (where deals.qualification_score >= in_use.score_threshold and deals.outcome = 'lost') as false_positives,
        count(*) filter (where deals.qualification_score < in_use.score_threshold and deals.outcome = 'won') as false_negatives,
        count(deals.qualification_score) as scored_deals
    from in_use
    inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
    left join {{ ref('fct_closed_deals') }} as deals
        on {{ in_period('deals.closed_on') }}
        and deals.qualification_score is not null
    group by in_use.score_threshold

)

select
    threshold.*,
    in_use_counts.score_threshold as current_score_threshold,
    case when in_use_counts.score_threshold is not null then in_use_counts.false_positives end as current_false_positives,
    case when in_use_counts.score_threshold is not null then in_use_counts.false_negatives end as current_false_negatives,
    case
        when in_use_counts.score_threshold is not null
            then (in_use_counts.scored_deals - in_use_counts.false_positives - in_use_counts.false_negatives) / nullif(in_use_counts.scored_deals, 0)
    end as current_accuracy,
    periods.population
from {{ advice('int_recommended_score_threshold') }} as threshold
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
cross join in_use_counts
