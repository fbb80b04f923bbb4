{{ config(materialized='table') }}
-- One row per quarter of the close x dimension x segment x how deals ended x loss reason category, which lost deals have alone: the deals,
-- with their values and cycles. Deals closed without a date stand under no quarter. Dimensions overlap and may not be added; what is asked of
-- segments by quarter or by reason is summed from here, so that a build goes over the segments of every deal once for all of it.

with endings as (

    select
        {{ quarter_start('closed_on') }} as starts_on,
        case when outcome = 'lost' then loss_reason_category end as category,
        *
    from {{ ref('fct_deal_segments') }}

)

select
    starts_on,
    dimension,
    segment,
    outcome,
    category,
    count(*) as deals,
    count(*) filter (where is_first) as first_deals,
    sum(amount) as amount,
    count(amount) as valued_deals,
    sum(cycle_days) as cycle_days,
    count(cycle_days) as timed_deals
from endings
group by starts_on, dimension, segment, outcome, category
