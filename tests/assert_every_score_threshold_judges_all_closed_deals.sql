-- Detects a missing score threshold, and closed deals that a score threshold counts neither as scored nor as unscored.
-- Score thresholds are compared with one another as judgements of the same deals.
-- A returned row is a period with the deals judged and the score thresholds listed.

select
    baseline.period,
    baseline.closed_deals,
    min(score_thresholds.scored_deals + score_thresholds.unscored_deals) as fewest_deals,
    max(score_thresholds.scored_deals + score_thresholds.unscored_deals) as most_deals,
    count(score_thresholds.score_threshold) as cutoffs_listed
from {{ ref('win_rate_baseline') }} as baseline
left join {{ ref('score_thresholds') }} as score_thresholds on baseline.period = score_thresholds.period
group by baseline.period, baseline.closed_deals
having
    min(score_thresholds.scored_deals + score_thresholds.unscored_deals) is distinct from baseline.closed_deals
    or max(score_thresholds.scored_deals + score_thresholds.unscored_deals) is distinct from baseline.closed_deals
    or count(score_thresholds.score_threshold) != 21
