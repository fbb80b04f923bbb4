{{ config(enabled=true) }}
{%- set columns = pace_dimensions() -%}
-- One row per open deal: whether it is in a segment that the advice says to target more, or to spend less on, with its chance and age.
-- Pairs of segments, and segments that hold what is left over, are no claim to be inside or outside of.
-- noqa: disable=LT02

-- what is said of bands together is said of each
with claims as (

    select
        advised.dimension,
        coalesce(cuts.segment_part, advised.segment) as segment,
        advised.action
    from {{ ref('icp_recommendations') }} as advised
    left join {{ ref('dim_segment_cuts') }} as cuts
        on advised.dimension = cuts.dimension and advised.segment = cuts.segment
    where advised.second_dimension is null and not advised.is_remainder

),

matched as (

    {% for dimension in columns -%}
    select
        open_deals.deal_key,
        claims.action
    from {{ ref('int_open_deals') }} as open_deals
    inner join claims on claims.dimension = '{{ dimension.name }}' and claims.segment = open_deals.{{ dimension.name }}
    union all
    {% endfor -%}
    select
        deal_key,
        'open' as action
    from {{ ref('int_open_deals') }}

),

standings as (

    select
        deal_key,
        bool_or(action = 'target_more') as is_target,
        bool_or(action = 'deprioritise') as is_away
    from matched
    group by deal_key

)

select
    open_deals.deal_key,
    case
        when standings.is_target and standings.is_away then 'both'
        when standings.is_target then 'target more'
        when standings.is_away then 'spend less'
        else 'neither'
    end as profile_standing,
    open_deals.created_on,
    open_deals.age_days,
    open_deals.win_chance,
    open_deals.is_stale,
    open_deals.amount
from {{ ref('int_open_deals') }} as open_deals
inner join standings on open_deals.deal_key = standings.deal_key
