-- One row per field of the ideal customer profile: what the company works by today against what the window supports.

with advised as (

    select
        dimension,
        {{ listed("case when action = 'target_more' and second_segment is null then segment end") }} as target_more,
        {{ listed("case when action = 'deprioritise' and second_segment is null then segment end") }} as deprioritise,
        {{ listed("case when best_bet and second_segment is null then segment end") }} as best_bet
    from {{ ref('icp_recommendations') }}
    group by dimension

),

profile_fields as (

    select
        dimension as profile_field,
        dimension_order as profile_field_order
    from {{ ref('dim_dimensions') }}
    where is_recommendable
    union all
    select
        'score_threshold' as profile_field,
        1000 as profile_field_order
    from {{ ref('dim_periods') }}
    where period = 'window'

)

select
    profile_fields.profile_field,
    profile_fields.profile_field_order,
    current_profile.current_value,
    case
        when profile_fields.profile_field = 'score_threshold' then cast(threshold.score_threshold as string)
        else coalesce(advised.target_more, advised.best_bet)
    end as recommended_value,
    case when profile_fields.profile_field != 'score_threshold' then advised.deprioritise end as deprioritised_value,
    case
        when profile_fields.profile_field = 'score_threshold' then coalesce(threshold.grade, 'too few deals')
        when advised.target_more is not null or advised.deprioritise is not null then 'strong'
        when advised.best_bet is not null then 'directional'
        else 'too few deals'
    end as grade,
    case
        when profile_fields.profile_field = 'score_threshold' and not coalesce(threshold.is_predictive, false)
            then coalesce(threshold.missing_reason, 'no closed deal has a score')
        when profile_fields.profile_field != 'score_threshold' and advised.target_more is null and advised.best_bet is null
            then 'no segment of this dimension wins more often clearly enough to act on'
    end as missing_reason
from profile_fields
left join {{ current_profile() }} as current_profile on profile_fields.profile_field = current_profile.profile_field
left join advised on profile_fields.profile_field = advised.dimension
left join {{ ref('recommended_score_threshold') }} as threshold on profile_fields.profile_field = 'score_threshold'
