{{ config(materialized='ephemeral') }}
-- One row per period x pipeline x open stage that deals reached in it: the counts of int_stage_counts beside all deals of the pipeline and
-- all that it lost. Periods overlap, and a deal is in every stage it reached: neither may be added.

with pipelines as (

    select
        pipeline,
        count(*) as deals
    from {{ ref('fct_deals') }}
    where is_in_population
    group by pipeline

)

select
    counted.*,
    counted.pipeline || ' | ' || counted.stage as segment,
    sum(counted.lost_deals) over (partition by counted.period, counted.pipeline) as all_lost_deals,
    pipelines.deals,
    -- every deal with a known stage has reached the first
    pipelines.deals - max(case when counted.period = 'all' then counted.reached_deals end) over (partition by counted.pipeline) as deals_without_stages
from {{ ref('int_stage_counts') }} as counted
inner join pipelines on counted.pipeline = pipelines.pipeline
