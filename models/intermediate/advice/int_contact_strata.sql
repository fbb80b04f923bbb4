{{ config(materialized='table', enabled=true) }}
-- One row per period x moment x like deals x number of contacts they had at that moment. Moments and periods may not be added.

select
    period,
    moment,
    landmark_days,
    deal_size_band,
    deal_type,
    closed_quarter,
    contacts,
    count(*) as closed_deals,
    cast(sum(is_won) as bigint) as won_deals,
    count(*) filter (where is_dated) as dated_deals,
    cast(sum(case when decision_line > 1 then 0 else 1 end) as bigint) as decisions,
    cast(sum(case when decision_line > 1 then 0 else is_won end) as bigint) as won_decisions
from {{ ref('int_contact_moments') }}
group by period, moment, landmark_days, deal_size_band, deal_type, closed_quarter, contacts
