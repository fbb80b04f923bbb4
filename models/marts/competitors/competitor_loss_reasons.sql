-- One row per period x competitor x loss reason: lost deals against it that state the reason, against the lost deals that name another vendor. A deal
-- with two competitors stands under both, so competitors may not be added; reasons of one competitor may.

with judged as (

    select
        reasons.*,
        coalesce(designs.design_effect, 1e0) as design_effect,
        {{ rate_columns('reasons.lost_deals', 'reasons.competitor_lost_deals', 'share') }},
        reasons.other_reason_deals / nullif(reasons.other_lost_deals, 0) as other_share,
        -- of decisions that share an account or an owner, as many as tell as much
        cast(reasons.competitor_lost_decisions as double) / nullif(reasons.competitor_lost_deals, 0) / coalesce(designs.design_effect, 1e0) as told,
        cast(reasons.other_lost_decisions as double) / nullif(reasons.other_lost_deals, 0) / coalesce(designs.design_effect, 1e0) as told_of_others,
        {{ wilson_columns('(reasons.lost_deals * told)', '(reasons.competitor_lost_deals * told)', 'told_share') }},
        {{ wilson_columns('(reasons.other_reason_deals * told_of_others)', '(reasons.other_lost_deals * told_of_others)', 'told_other_share') }},
        {{ newcombe_low('share', 'told_share_low', 'other_share', 'told_other_share_high') }} as difference_low,
        {{ newcombe_high('share', 'told_share_high', 'other_share', 'told_other_share_low') }} as difference_high,
        claims.q_value,
        coalesce(claims.is_clear and (difference_low > 0 or difference_high < 0), false) as is_claimed
    from {{ ref('int_competitor_reasons') }} as reasons
    left join {{ advice('int_design_effects') }} as designs on designs.comparison = 'competitor loss reasons'
    left join {{ advice('int_competitor_reason_claims') }} as claims
        on reasons.period = 'window' and reasons.competitor = claims.competitor and reasons.category = claims.category

)

select
    judged.period,
    judged.competitor,
    judged.category,
    judged.kind,
    periods.population,
    judged.lost_deals,
    judged.competitor_lost_deals,
    judged.share,
    judged.share_low,
    judged.share_high,
    judged.other_lost_deals,
    judged.other_share,
    judged.share - judged.other_share as difference,
    judged.difference_low,
    judged.difference_high,
    judged.design_effect,
    judged.q_value,
    judged.is_claimed,
    case
        when judged.period != 'window' or judged.kind != 'vendor' or judged.category = 'unspecified' then 'not judged'
        when judged.is_claimed then 'strong'
        when judged.q_value is not null then 'directional'
        else 'too few deals'
    end as grade,
    case
        when judged.kind != 'vendor' then 'no vendor: shown, and not compared'
        when judged.other_lost_deals = 0 then 'no lost deal names another vendor'
        when judged.period != 'window' then 'judged over the trailing window'
        when judged.category = 'unspecified' then 'no reason is stated'
        when judged.q_value is null then 'too few lost deals to compare'
    end as missing_reason
from judged
inner join {{ ref('dim_periods') }} as periods on judged.period = periods.period
