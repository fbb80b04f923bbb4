{{ config(enabled=true) }}
-- One row per open deal: whether it is in a segment, or a pair of segments, that the advice says to target more, or to deprioritise, with
-- its chance and age. Segments that hold what is left over are no claim to be inside or outside of.
-- depends_on: {{ ref('icp_recommendations') }}

with stated as (

    select * from {{ ref('int_open_deal_segments') }}

),

-- a deal is in a pair where it is in both its segments
matched as (

    select
        inside.deal_key,
        claims.action
    from {{ ref('icp_recommendations') }} as claims
    inner join stated as inside on claims.dimension = inside.dimension and claims.segment = inside.segment
    left join stated as paired
        on inside.deal_key = paired.deal_key
        and claims.second_dimension = paired.dimension
        and claims.second_segment = paired.segment
    where not claims.is_remainder and (claims.second_dimension is null or paired.deal_key is not null)

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
        when standings.is_away then 'deprioritise'
        else 'neither'
    end as profile_standing,
    open_deals.created_on,
    open_deals.age_days,
    open_deals.win_chance,
    open_deals.is_stale,
    open_deals.amount
from {{ ref('int_open_deals') }} as open_deals
left join standings on open_deals.deal_key = standings.deal_key
