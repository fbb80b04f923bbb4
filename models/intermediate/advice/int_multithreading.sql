{{ config(enabled=true) }}
-- One row per period x moment: won and closed deals with many contacts and with fewer, and their difference inside like deals. Also where nothing
-- can be counted. The difference rests on decisions. Periods and moments may not be added.

with compared as (

    select
        period,
        moment,
        max(landmark_days) as landmark_days,
        sum(closed_deals) as closed_deals,
        sum(many_deals) as many_deals,
        sum(many_won_deals) as many_won_deals,
        sum(won_deals) as won_deals,
        sum(dated_deals) as dated_deals,
        sum(many_decisions) as many_decisions,
        sum(decisions - many_decisions) as few_decisions,
        {{ stratified_sums('decisions', 'won_decisions', 'many_decisions', 'many_won_decisions') }}
    from {{ ref('int_alike_deals') }}
    group by period, moment

)

select
    periods.period,
    moments.moment,
    periods.population,
    compared.landmark_days,
    coalesce(compared.closed_deals, 0) as closed_deals,
    coalesce(with_contacts.closed_deals, 0) as deals_with_contacts,
    with_contacts.dated_deals / nullif(with_contacts.closed_deals, 0) as dated_share,
    coalesce(compared.many_deals, 0) as many_deals,
    coalesce(compared.many_won_deals, 0) as many_won_deals,
    coalesce(compared.closed_deals - compared.many_deals, 0) as few_deals,
    coalesce(compared.won_deals - compared.many_won_deals, 0) as few_won_deals,
    coalesce(compared.many_decisions, 0) as many_decisions,
    coalesce(compared.few_decisions, 0) as few_decisions,
    {{ stratified_columns('coalesce(designs.design_effect, 1e0)', 'difference') }},
    coalesce(designs.design_effect, 1e0) as design_effect
from {{ ref('dim_periods') }} as periods
cross join (values ('at close'), ('early')) as moments (moment)
left join (select period, closed_deals, dated_deals from compared as late where moment = 'at close') as with_contacts  -- noqa: LT09
    on periods.period = with_contacts.period
left join compared on periods.period = compared.period and moments.moment = compared.moment
left join {{ advice('int_design_effects') }} as designs
    on designs.comparison = case moments.moment when 'early' then 'contacts early' else 'contacts at close' end
