{{ config(enabled=true, materialized='ephemeral') }}
-- One row where segments say nothing, and why: too few deals to claim anything, or deals that all ended alike.

-- where every deal ended alike, that is the news
with one_sided as (

    select
        closed_deals,
        case when won_deals > 0 then 'won' else 'lost' end as subject
    from {{ ref('win_rate_baseline') }}
    where
        period = 'all' and least(won_deals, lost_deals) = 0
        and (select sum(decisions) from {{ ref('int_decisions') }} where period = 'all') >= {{ setting('minimum_deals') | int }}

)

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
