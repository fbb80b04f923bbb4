-- One row per pipeline x open stage, in the order deals go through them: that of `stage_order`, else the one learned from the history. The
-- stage that comes before most others is the first (Copeland 1951). A stage whose place nothing tells has no row.

with scores as (

    select
        pipeline,
        stage,
        max(deals) as deals,
        max(mean_age_days) as mean_age_days,
        sum(before_deals) as before_deals,
        sum(after_deals) as after_deals,
        sum(comes_first) as score,
        -- the only stage of a pipeline is its first
        count(comes_first) > 0 or count(other_stage) = 0 as is_learned
    from {{ ref('int_stage_pairs') }}
    group by pipeline, stage

),

stated as (

    select
        {{ folded('pipeline') }} as pipeline,
        {{ folded('stage') }} as stage,
        min(stage_order) as stage_order
    from {{ ref('stage_order') }}
    group by all

),

placed as (

    select
        scores.*,
        coalesce(of_pipeline.stage_order, of_any.stage_order) as stated_order
    from scores
    left join stated as of_pipeline
        on {{ folded('scores.pipeline') }} = of_pipeline.pipeline and {{ folded('scores.stage') }} = of_pipeline.stage
    left join stated as of_any on of_any.pipeline = '*' and {{ folded('scores.stage') }} = of_any.stage

)

select
    pipeline,
    stage,
    -- stages of the list first, as it has them
    cast(row_number() over (
        partition by pipeline order by stated_order nulls last, score desc nulls last, mean_age_days nulls last, stage
    ) as integer) as stage_order,
    cast(deals as bigint) as deals,
    cast(before_deals as bigint) as before_deals,
    cast(after_deals as bigint) as after_deals,
    case when stated_order is not null then 'seed' else 'learned' end as order_source
from placed
where stated_order is not null or is_learned
