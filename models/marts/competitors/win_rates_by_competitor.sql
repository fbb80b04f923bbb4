-- One row per period x competitor named: how often deals against it are won, against the other deals that name a vendor. A deal that names two
-- counts for both, so rows may not be added. The difference inside quarters and its interval rest on decisions.

with compared as (

    select
        period,
        competitor,
        kind,
        cast(sum(closed_deals) as bigint) as closed_deals,
        cast(sum(won_deals) as bigint) as won_deals,
        cast(sum(sole_closed_deals) as bigint) as sole_closed_deals,
        cast(sum(sole_won_deals) as bigint) as sole_won_deals,
        -- the buyer who stays as it is, or builds it, is no vendor to be compared with
        {{ stratified_sums("case when kind = 'vendor' then vendor_decisions end", 'vendor_won_decisions', 'decisions', 'won_decisions') }}
    from {{ ref('int_competitor_strata') }}
    group by period, competitor, kind

),

-- every deal that names a vendor, once
quarters as (

    select
        period,
        closed_quarter,
        max(vendor_deals) as vendor_deals,
        max(vendor_won_deals) as vendor_won_deals
    from {{ ref('int_competitor_strata') }}
    group by period, closed_quarter

),

vendors as (

    select
        period,
        cast(sum(vendor_deals) as bigint) as vendor_deals,
        cast(sum(vendor_won_deals) as bigint) as vendor_won_deals
    from quarters
    group by period

),

measured as (

    select
        compared.*,
        case when compared.kind = 'vendor' then vendors.vendor_deals - compared.closed_deals end as other_closed_deals,
        case when compared.kind = 'vendor' then vendors.vendor_won_deals - compared.won_deals end as other_won_deals,
        vendors.vendor_won_deals / nullif(vendors.vendor_deals, 0) as vendor_win_rate
    from compared
    inner join vendors on compared.period = vendors.period

)

select
    measured.period,
    measured.competitor,
    measured.kind,
    periods.population,
    measured.closed_deals,
    measured.won_deals,
    measured.closed_deals - measured.won_deals as lost_deals,
    {{ rate_columns('measured.won_deals', 'measured.closed_deals', 'win_rate') }},
    case when measured.kind = 'vendor' then {{ shrunken('measured.won_deals', 'measured.closed_deals', 'measured.vendor_win_rate') }} end as shrunken_win_rate,
    measured.sole_closed_deals,
    measured.sole_won_deals,
    measured.other_closed_deals,
    measured.other_won_deals,
    measured.other_won_deals / nullif(measured.other_closed_deals, 0) as other_win_rate,
    {{ stratified_columns('coalesce(designs.design_effect, 1e0)', 'difference') }},
    coalesce(designs.design_effect, 1e0) as design_effect,
    claims.p_value,
    claims.claim_step,
    coalesce(claims.is_claimed, false) as is_claimed,
    claims.expected_difference,
    claims.expected_difference_low,
    claims.expected_difference_high,
    claims.deals_needed,
    coalesce(claims.grade, 'not judged') as grade,
    claims.rationale,
    case
        when measured.kind != 'vendor' then 'no vendor: shown, and not compared'
        when measured.other_closed_deals = 0 then 'no deal names another vendor'
        when measured.excess is null or measured.weight = 0 then 'no quarter has deals against it and against others'
        when measured.period != 'window' then 'judged over the trailing window'
        when claims.grade = 'too few deals' then 'too few deals to compare'
    end as missing_reason
from measured
inner join {{ ref('dim_periods') }} as periods on measured.period = periods.period
left join {{ advice('int_design_effects') }} as designs on designs.comparison = 'competitors'
left join {{ advice('int_competitor_claims') }} as claims
    on measured.period = 'window' and measured.kind = 'vendor' and measured.competitor = claims.competitor
