-- Where should we aim, and how sure is it?

select
    title,
    grade,
    rationale,
    caveats
from {{ ref('icp_recommendations') }}
where action in ('target_more', 'deprioritise', 'keep_testing') or best_bet
order by rank
