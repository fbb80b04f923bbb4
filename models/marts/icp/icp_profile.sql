-- One row per attribute of the ideal customer profile: what the company works by today against what the window supports.

with advised as (

    select
        attribute,
        {{ listed("case when action = 'target_more' and second_value is null then value end") }} as target_more,
        {{ listed("case when action = 'deprioritise' and second_value is null then value end") }} as deprioritise,
        {{ listed("case when best_bet and second_value is null then value end") }} as best_bet
    from {{ ref('icp_recommendations') }}
    group by attribute

),

attributes as (

    select
        dimension as attribute,
        dimension_order as attribute_order
    from {{ ref('dim_dimensions') }}
    where is_recommendable
    union all
    select
        'qualification_threshold' as attribute,
        1000 as attribute_order
    from {{ ref('dim_periods') }}
    where period = 'window'

),

threshold as (

    select
        cut_off,
        is_predictive,
        reason
    from {{ ref('qualification_threshold') }}

)

select
    attributes.attribute,
    attributes.attribute_order,
    current_profile.current_value,
    case
        when attributes.attribute = 'qualification_threshold' then cast(threshold.cut_off as {{ dbt.type_string() }})
        else coalesce(advised.target_more, advised.best_bet)
    end as recommended_value,
    case when attributes.attribute != 'qualification_threshold' then advised.deprioritise end as deprioritised_value,
    case
        when attributes.attribute = 'qualification_threshold' and threshold.is_predictive then 'claim'
        when attributes.attribute = 'qualification_threshold' then 'too few deals'
        when advised.target_more is not null or advised.deprioritise is not null then 'claim'
        when advised.best_bet is not null then 'bet'
        else 'too few deals'
    end as grade,
    case
        when attributes.attribute = 'qualification_threshold' and not coalesce(threshold.is_predictive, false)
            then coalesce(threshold.reason, 'no closed deal has a score')
        when attributes.attribute != 'qualification_threshold' and advised.target_more is null and advised.best_bet is null
            then 'no segment of this attribute can be told from the others yet'
    end as missing_reason
from attributes
left join {{ current_profile() }} as current_profile on attributes.attribute = current_profile.attribute
left join advised on attributes.attribute = advised.attribute
left join threshold on attributes.attribute = 'qualification_threshold'
