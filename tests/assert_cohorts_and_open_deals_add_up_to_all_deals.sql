-- Detects deals that are in no quarter of creation, open deals that are in no segment of a dimension, or in two, and segments whose
-- expected wins are not the wins that came: what one wins faster than all, another must win slower.
-- "Of 58 open deals" and the wins still to come rest on this.
-- A returned row is a table and a dimension whose counts do not reconcile.

with known as (

    select
        count(*) filter (where deals.created_on <= as_of.as_of_on) as created_deals,
        count(*) filter (where deals.created_on <= as_of.as_of_on and deals.outcome = 'open') as open_deals
    from {{ ref('fct_deals') }} as deals
    cross join {{ ref('dim_as_of') }} as as_of
    where deals.is_in_population

),

counted as (

    select
        'win_rates_by_cohort' as table_name,
        'created_quarter' as dimension,
        cast(sum(cohorts.created_deals) as double) as found,
        max(known.created_deals) as expected
    from {{ ref('win_rates_by_cohort') }} as cohorts
    cross join known
    union all
    select
        'open_pipeline' as table_name,
        pipeline.dimension,
        cast(sum(pipeline.open_deals) as double) as found,
        max(known.open_deals) as expected
    from {{ ref('open_pipeline') }} as pipeline
    cross join known
    group by pipeline.dimension
    union all
    select
        'open_pipeline_by_profile' as table_name,
        'profile_standing' as dimension,
        cast(sum(profiles.open_deals) as double) as found,
        max(known.open_deals) as expected
    from {{ ref('open_pipeline_by_profile') }} as profiles
    cross join known
    union all
    select
        'int_segment_paces' as table_name,
        paces.dimension,
        sum(paces.expected_won_deals) as found,
        max(steps.won_deals) as expected
    from {{ ref('int_segment_paces') }} as paces
    cross join (
        select coalesce(sum(won_deals), 0) as won_deals
        from {{ ref('int_win_curve_steps') }}
        where period = 'window' and dimension = 'all'
    ) as steps
    group by paces.dimension

)

select *
from counted
where abs(found - expected) > 1e-6 * (1 + expected) or found is null
