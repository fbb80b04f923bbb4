{{ config(enabled=true, materialized='ephemeral') }}
-- One row per thing to know about a segment, or one that no segment stands out. A bet or a test is worth a line only where nothing can be
-- claimed; a segment that holds what is left over is none to aim at.

with advised as (

    select
        *,
        case
            when grade = 'strong' and action = 'target_more' then 'target'
            when grade = 'strong' then 'away'
            when best_bet then 'bet'
            else 'watch'
        end as topic
    from {{ ref('icp_recommendations') }}
    where grade in ('strong', 'directional') and not is_remainder

),

-- where every deal ended alike, that is the news
one_sided as (

    select
        closed_deals,
        case when won_deals > 0 then 'won' else 'lost' end as subject
    from {{ ref('win_rate_baseline') }}
    where
        period = 'all' and least(won_deals, lost_deals) = 0
        and (select sum(decisions) from {{ ref('int_decisions') }} where period = 'all') >= {{ setting('minimum_deals') | int }}

)

select
    topic,
    grade,
    case when topic = 'target' or (topic in ('bet', 'watch') and expected_lift >= 0) then 'up' else 'down' end as direction,
    segment_label as subject,
    rationale as detail,
    'icp_recommendations' as source_table,
    cast(rank as {{ dbt.type_string() }}) as source_row,
    -rank as strength
from advised
where grade = 'strong' or not exists (select 1 from advised as claims where claims.topic = 'target')
union all
select distinct
    'no_claim' as topic,
    'too few deals' as grade,
    'none' as direction,
    'segments' as subject,
    no_claim_sentence as detail,
    'icp_segment_evidence' as source_table,
    '' as source_row,
    0 as strength
from {{ advice('int_segment_evidence') }}
where no_claim_sentence is not null and not exists (select 1 from one_sided)
union all
select
    'one_outcome' as topic,
    'fix the data' as grade,
    'none' as direction,
    subject,
    'All ' || closed_deals || ' closed deals are ' || subject
    || ': a win rate of them says nothing. Export all deals, or have the others recorded.' as detail,
    'win_rate_baseline' as source_table,
    'all' as source_row,
    0 as strength
from one_sided
