{{ config(enabled=true, materialized='ephemeral') }}
-- One row per period x moment x like deals: those of a size band, a deal type and a quarter, and how many of them had many contacts at that moment.
-- Moments and periods may not be added.

select
    period,
    moment,
    max(landmark_days) as landmark_days,
    sum(closed_deals) as closed_deals,
    sum(won_deals) as won_deals,
    sum(dated_deals) as dated_deals,
    sum(case when has_many then closed_deals else 0 end) as many_deals,
    sum(case when has_many then won_deals else 0 end) as many_won_deals,
    sum(decisions) as decisions,
    sum(won_decisions) as won_decisions,
    sum(case when has_many then decisions else 0 end) as many_decisions,
    sum(case when has_many then won_decisions else 0 end) as many_won_decisions
from (select *, contacts >= {{ setting('many_contacts') | int }} as has_many from {{ ref('int_contact_strata') }}) as strata  -- noqa: LT09
group by period, moment, deal_size_band, deal_type, closed_quarter
