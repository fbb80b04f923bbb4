-- Detects a missing cut-off, and closed deals that a cut-off counts neither as scored nor as unscored.
-- Cut-offs are compared with one another as judgements of the same deals.
-- A returned row is a period with the deals judged and the cut-offs listed.

select
    baseline.period,
    baseline.closed_deals,
    min(cutoffs.scored_deals + cutoffs.unscored_deals) as fewest_deals,
    max(cutoffs.scored_deals + cutoffs.unscored_deals) as most_deals,
    count(cutoffs.cutoff) as cutoffs_listed
from {{ ref('win_rate_baseline') }} as baseline
left join {{ ref('qualification_cutoffs') }} as cutoffs on baseline.period = cutoffs.period
group by baseline.period, baseline.closed_deals
having
    min(cutoffs.scored_deals + cutoffs.unscored_deals) is distinct from baseline.closed_deals
    or max(cutoffs.scored_deals + cutoffs.unscored_deals) is distinct from baseline.closed_deals
    or count(cutoffs.cutoff) != 21
