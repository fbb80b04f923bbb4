-- One row per recommendable dimension x segment seen in the window, per side of a cut that was found (dim_segment_cuts; its deals are
-- those of its bands), and per pair of segments that was tested and found or bet on.
-- A segment is compared with other segments inside the same quarter once stronger claims are accounted for. Rows may not be added.

select
    evidence.dimension,
    evidence.segment,
    evidence.second_dimension,
    evidence.second_segment,
    evidence.segment_label,
    evidence.rank,
    evidence.action,
    evidence.best_bet,
    evidence.is_candidate,
    evidence.title,
    evidence.rationale,
    evidence.closed_deals,
    evidence.won_deals,
    evidence.lost_deals,
    evidence.win_rate,
    evidence.win_rate_low,
    evidence.win_rate_high,
    evidence.shrunken_win_rate,
    evidence.other_closed_deals,
    evidence.other_win_rate,
    evidence.difference,
    evidence.difference_low,
    evidence.difference_high,
    evidence.adjusted_difference,
    evidence.expected_lift,
    evidence.expected_lift_low,
    evidence.expected_lift_high,
    evidence.p_value,
    evidence.q_value,
    evidence.claim_step,
    evidence.adjusted_for,
    evidence.explained_by,
    evidence.shift_points,
    evidence.extra_wins_per_100,
    evidence.extra_wins_low,
    evidence.extra_wins_high,
    evidence.value_weighted_win_rate,
    evidence.value_weighted_low,
    evidence.value_weighted_high,
    evidence.effective_deals,
    evidence.min_detectable_difference,
    evidence.deals_needed,
    evidence.caveat_codes,
    evidence.caveats,
    evidence.window_start,
    evidence.window_end,
    evidence.window_deals,
    evidence.window_won_deals,
    evidence.comparisons,
    evidence.is_fallback,
    evidence.method_version,
    case
        when evidence.best_bet then 'directional'
        when evidence.action in ('target_more', 'deprioritise') then 'strong'
        when evidence.action = 'keep_testing' then 'directional'
        when evidence.action = 'no_difference' then 'no difference'
        when evidence.not_judged is not null then 'not judged'
        else 'too few deals'
    end as grade,
    periods.population
from {{ advice('int_segment_evidence') }} as evidence
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
