{{ config(enabled=true, materialized='ephemeral') }}
-- One row per thing to know about a segment, or one that no segment stands out; about competitors, about who buys, and about the score.

select * from {{ ref('int_segment_findings') }}
union all
select * from {{ ref('int_unclaimed_findings') }}
union all
select
    'score_threshold' as topic,
    grade,
    'none' as direction,
    cast(score_threshold as string) as subject,
    rationale as detail,
    'recommended_score_threshold' as source_table,
    '' as source_row,
    0 as strength
from {{ ref('recommended_score_threshold') }}
where is_predictive
union all
select
    'buyer' as topic,
    case when action in ('target_more', 'deprioritise') then 'strong' else 'directional' end as grade,
    case when expected_lift >= 0 then 'up' else 'down' end as direction,
    persona as subject,
    rationale as detail,
    'persona_evidence' as source_table,
    persona_type || ' ' || persona as source_row,
    case when action = 'keep_testing' then 0 when expected_lift >= 0 then 2 else 1 end + abs(expected_lift) as strength
from {{ ref('persona_evidence') }}
where not is_refused and action in ('target_more', 'deprioritise', 'keep_testing') and lower(persona) not like '%unknown%' and persona != 'other'
union all
-- a claim that its own counts contradict is none to head a report
select
    'competitor' as topic,
    grade,
    case when win_rate > other_win_rate then 'up' else 'down' end as direction,
    competitor as subject,
    rationale as detail,
    'win_rates_by_competitor' as source_table,
    competitor as source_row,
    -claim_step as strength
from {{ ref('win_rates_by_competitor') }}
where period = 'window' and is_claimed and (win_rate - other_win_rate) * expected_difference > 0
