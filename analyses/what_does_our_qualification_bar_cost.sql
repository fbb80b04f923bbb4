-- What does the qualification bar we work by today cost us?

select
    cutoffs.cutoff,
    cutoffs.pursued_share,
    cutoffs.win_rate_above,
    cutoffs.win_rate_below,
    cutoffs.false_negatives as wins_given_up,
    cutoffs.false_positives as pursued_in_vain,
    cutoffs.accuracy
from {{ ref('qualification_cutoffs') }} as cutoffs
inner join {{ current_profile() }} as icp
    on icp.attribute = 'qualification_threshold'
    and abs(cutoffs.cutoff - try_cast(icp.current_value as double)) < 0.025
where cutoffs.period = 'window'
