-- One row per period x competitor x loss reason: lost deals against it that state the reason, against the lost deals that name another vendor. A deal
-- with two competitors stands under both, so competitors may not be added; reasons of one competitor may.

{#- of decisions that share an account or an owner, as many as tell as much -#}
{%- set design = "/ coalesce(designs.design_effect, 1e0)" %}
{%- set effective = "* (cast(reasons.competitor_lost_decisions as double) / nullif(reasons.competitor_lost_deals, 0)) " ~ design %}
{%- set other_effective = "* (cast(reasons.other_lost_decisions as double) / nullif(reasons.other_lost_deals, 0)) " ~ design %}

with shares as (

    select
        reasons.*,
        coalesce(designs.design_effect, 1e0) as design_effect,
        {{ rate('reasons.lost_deals', 'reasons.competitor_lost_deals') }} as share,
        {{ rate('reasons.other_reason_deals', 'reasons.other_lost_deals') }} as other_share,
        reasons.lost_deals {{ effective }} as effective_deals,
        reasons.competitor_lost_deals {{ effective }} as effective_lost_deals,
        reasons.other_reason_deals {{ other_effective }} as other_effective_deals,
        reasons.other_lost_deals {{ other_effective }} as other_effective_lost_deals
    from {{ ref('int_competitor_reasons') }} as reasons
    left join {{ advice('int_design_effects') }} as designs on designs.comparison = 'competitor loss reasons'

),

bounded as (

    select
        *,
        {{ wilson_low('effective_deals', 'effective_lost_deals') }} as least_share,
        {{ wilson_high('effective_deals', 'effective_lost_deals') }} as most_share,
        {{ wilson_low('other_effective_deals', 'other_effective_lost_deals') }} as least_other_share,
        {{ wilson_high('other_effective_deals', 'other_effective_lost_deals') }} as most_other_share
    from shares

),

compared as (

    select
        *,
        {{ newcombe_low('share', 'least_share', 'other_share', 'most_other_share') }} as difference_low,
        {{ newcombe_high('share', 'most_share', 'other_share', 'least_other_share') }} as difference_high
    from bounded

),

judged as (

    select
        compared.*,
        claims.q_value,
        claims.q_value is not null as is_tested,
        coalesce(claims.is_clear and (compared.difference_low > 0 or compared.difference_high < 0), false) as is_claimed
    from compared
    left join {{ advice('int_competitor_reason_claims') }} as claims
        on compared.period = 'window' and compared.competitor = claims.competitor and compared.category = claims.category

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
    {{ wilson_low('judged.lost_deals', 'judged.competitor_lost_deals') }} as share_low,
    {{ wilson_high('judged.lost_deals', 'judged.competitor_lost_deals') }} as share_high,
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
        when judged.is_tested then 'directional'
        else 'too few deals'
    end as grade,
    case
        when judged.kind != 'vendor' then 'no vendor: shown, and not compared'
        when judged.other_lost_deals = 0 then 'no lost deal names another vendor'
        when judged.period != 'window' then 'judged over the trailing window'
        when judged.category = 'unspecified' then 'no reason is stated'
        when not judged.is_tested then 'too few lost deals to compare'
    end as missing_reason
from judged
inner join {{ ref('dim_periods') }} as periods on judged.period = periods.period
