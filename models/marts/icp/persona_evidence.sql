-- One row per persona, and per stated buying role, on closed deals of the window: does it go with winning once deals with equally
-- many contacts are compared? Counts are deals. Personas share deals and may not be added.

select
    evidence.attribute,
    evidence.value,
    evidence.action,
    evidence.rationale,
    evidence.deals,
    evidence.won,
    evidence.lost,
    evidence.win_rate,
    evidence.win_rate_low,
    evidence.win_rate_high,
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
    evidence.is_refused,
    evidence.refusal,
    evidence.caveat_codes,
    evidence.caveats,
    evidence.method_version,
    coverage.won_share as won_coverage,
    coverage.lost_share as lost_coverage,
    periods.population
from {{ advice('int_persona_evidence') }} as evidence
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
inner join {{ ref('contact_coverage') }} as coverage on coverage.period = 'window'
