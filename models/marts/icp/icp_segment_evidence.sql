-- One row per recommendable dimension x segment seen in the window, per side of a cut that was found (dim_segment_cuts; its deals are
-- those of its bands), and per pair of segments that was tested and found or bet on.
-- A segment is compared with other segments inside the same quarter once stronger claims are accounted for. Rows may not be added.

select
    {{ all_but('evidence', ['not_judged', 'no_claim_sentence']) }},
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
