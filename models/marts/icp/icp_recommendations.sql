-- One row per segment or pair that may carry a recommendation, the most useful first. A claim is statistically significant; a test
-- and a bet say so; `unknown` and fields that know the outcome never stand here. Rows may not be added.

with remainders as (

    select {{ without_signs('lower(word)') }} as word
    from {{ ref('remainder_words') }}

)

select
    evidence.rank,
    evidence.dimension,
    evidence.segment,
    evidence.second_dimension,
    evidence.second_segment,
    evidence.segment_label,
    evidence.action,
    evidence.best_bet,
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
    evidence.effective_deals,
    evidence.min_detectable_difference,
    evidence.deals_needed,
    evidence.caveat_codes,
    evidence.caveats,
    evidence.window_start,
    evidence.window_end,
    evidence.window_deals,
    evidence.comparisons,
    evidence.method_version,
    evidence.grade,
    {{ without_signs('lower(evidence.segment)') }} in (select word from remainders)
    or coalesce({{ without_signs('lower(evidence.second_segment)') }} in (select word from remainders), false) as is_remainder,
    coalesce(lower(current_profile.current_value) like '%' || lower(evidence.segment) || '%', false) as is_in_current_profile,
    evidence.population
from {{ ref('icp_segment_evidence') }} as evidence
left join {{ current_profile() }} as current_profile on evidence.dimension = current_profile.profile_field
where evidence.rank is not null
