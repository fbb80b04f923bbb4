-- One row per persona, and per stated buying role, on closed deals of the window: does it go with winning once deals with equally
-- many contacts are compared? Counted are the contacts of a deal's first `landmark_days`, on deals still open then; without dates, those by
-- the close. Counts are deals. Personas share deals and may not be added.

select
    evidence.persona_type,
    evidence.persona,
    evidence.action,
    evidence.rationale,
    evidence.closed_deals,
    evidence.won_deals,
    evidence.lost_deals,
    evidence.win_rate,
    evidence.win_rate_low,
    evidence.win_rate_high,
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
    evidence.landmark_days,
    evidence.early_closed_deals,
    evidence.undated_deals,
    evidence.later_deals,
    evidence.is_refused,
    evidence.missing_reason,
    evidence.caveat_codes,
    evidence.caveats,
    evidence.method_version,
    coverage.won_share as won_coverage,
    coverage.lost_share as lost_coverage,
    periods.population
from {{ advice('int_persona_evidence') }} as evidence
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
inner join {{ ref('contact_coverage') }} as coverage on coverage.period = 'window'
