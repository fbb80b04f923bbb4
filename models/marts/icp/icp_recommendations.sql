-- One row per segment or pair that may carry a recommendation, the most useful first. A claim holds up against luck; a test
-- and a bet say so; `unknown` and fields that know the outcome never stand here. Rows may not be added.

select
    evidence.rank,
    evidence.attribute,
    evidence.value,
    evidence.second_attribute,
    evidence.second_value,
    evidence.segment_label,
    evidence.action,
    evidence.best_bet,
    evidence.title,
    evidence.rationale,
    evidence.deals,
    evidence.won,
    evidence.lost,
    evidence.win_rate,
    evidence.win_rate_low,
    evidence.win_rate_high,
    evidence.ranking_win_rate,
    evidence.rest_deals,
    evidence.rest_win_rate,
    evidence.lift,
    evidence.lift_low,
    evidence.lift_high,
    evidence.adjusted_lift,
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
    evidence.min_detectable_lift,
    evidence.deals_needed,
    evidence.caveat_codes,
    evidence.caveats,
    evidence.window_start,
    evidence.window_end,
    evidence.window_deals,
    evidence.comparisons,
    evidence.method_version,
    case
        when evidence.best_bet then 'bet'
        when evidence.action in ('target_more', 'deprioritise') then 'claim'
        when evidence.action = 'keep_testing' then 'test'
        when evidence.action = 'no_difference' then 'no difference'
        when evidence.not_judged is not null then 'not judged'
        else 'too few deals'
    end as grade,
    coalesce(lower(current_profile.current_value) like '%' || lower(evidence.value) || '%', false) as is_in_current_profile,
    periods.population
from {{ advice('int_segment_evidence') }} as evidence
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
left join {{ current_profile() }} as current_profile on evidence.attribute = current_profile.attribute
where evidence.rank is not null
