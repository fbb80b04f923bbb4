{%- set many = setting('many_contacts') | int %}
-- One row per period x moment: how often deals with many contacts are won, against like deals with fewer. `at close` flatters, for a deal that
-- lives longer meets more people: nothing is claimed from it. Periods and moments may not be added.

with strata as (

    select
        period,
        moment,
        max(landmark_days) as landmark_days,
        sum(closed_deals) as closed_deals,
        sum(won_deals) as won_deals,
        sum(dated_deals) as dated_deals,
        sum(case when contacts >= {{ many }} then closed_deals else 0 end) as many_deals,
        sum(case when contacts >= {{ many }} then won_deals else 0 end) as many_won_deals
    from {{ ref('int_contact_strata') }}
    group by period, moment, deal_size_band, deal_type, closed_quarter

),

compared as (

    select
        period,
        moment,
        max(landmark_days) as landmark_days,
        sum(closed_deals) as closed_deals,
        sum(many_deals) as many_deals,
        sum(many_won_deals) as many_won_deals,
        sum(closed_deals - many_deals) as few_deals,
        sum(won_deals - many_won_deals) as few_won_deals,
        sum(dated_deals) as dated_deals,
        {{ stratified_sums('closed_deals', 'won_deals', 'many_deals', 'many_won_deals') }}
    from strata
    group by period, moment

),

with_contacts as (

    select
        period,
        closed_deals,
        dated_deals
    from compared
    where moment = 'at close'

),

moments as (

    select 'at close' as moment
    union all
    select 'early' as moment

),

-- a row also for what cannot be counted, which says why
measured as (

    select
        periods.period,
        moments.moment,
        periods.population,
        compared.landmark_days,
        coalesce(compared.closed_deals, 0) as closed_deals,
        coalesce(with_contacts.closed_deals, 0) as deals_with_contacts,
        {{ rate('with_contacts.dated_deals', 'with_contacts.closed_deals') }} as dated_share,
        coalesce(compared.many_deals, 0) as many_deals,
        coalesce(compared.many_won_deals, 0) as many_won_deals,
        coalesce(compared.few_deals, 0) as few_deals,
        coalesce(compared.few_won_deals, 0) as few_won_deals,
        {{ stratified_difference() }} as difference,
        {{ stratified_low() }} as difference_low,
        {{ stratified_high() }} as difference_high,
        coverage.missing_reason as coverage_reason
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('contact_coverage') }} as coverage on periods.period = coverage.period
    cross join moments
    left join with_contacts on periods.period = with_contacts.period
    left join compared on periods.period = compared.period and moments.moment = compared.moment

),

judged as (

    select
        *,
        case
            when deals_with_contacts = 0 then coalesce(coverage_reason, 'no contacts on closed deals')
            when moment = 'at close' then 'counted at the close: won deals live long enough to meet people'
            when dated_share < {{ setting('dated_deals_share') | float }} then 'too few deals have a date on every contact'
            when landmark_days is null then 'too few deals were still open on the first day on which contacts may be counted'
            when closed_deals < {{ setting('multithreading_minimum_deals') | int }} then 'too few deals were still open on the landmark day'
            when least(many_deals, few_deals) < {{ setting('multithreading_side_deals') | int }}
                then 'too few deals had many contacts by the landmark day, or too few had fewer'
            when difference is null then 'no like deals had many contacts and fewer'
        end as missing_reason
    from measured

)

select
    period,
    moment,
    population,
    cast({{ many }} as bigint) as many_contacts,
    cast(landmark_days as bigint) as landmark_days,
    cast(closed_deals as bigint) as closed_deals,
    cast(deals_with_contacts - closed_deals as bigint) as left_out_deals,
    dated_share,
    {%- for side in ['many', 'few'] %}
    cast({{ side }}_deals as bigint) as {{ side }}_deals,
    cast({{ side }}_won_deals as bigint) as {{ side }}_won_deals,
    {{ rate(side ~ '_won_deals', side ~ '_deals') }} as {{ side }}_win_rate,
    {{ wilson_low(side ~ '_won_deals', side ~ '_deals') }} as {{ side }}_win_rate_low,
    {{ wilson_high(side ~ '_won_deals', side ~ '_deals') }} as {{ side }}_win_rate_high,
    {%- endfor %}
    difference,
    difference_low,
    difference_high,
    missing_reason is null as is_usable,
    missing_reason is null and (difference_low > 0 or difference_high < 0) as is_claimed,
    case
        when moment = 'at close' or deals_with_contacts = 0 then 'not judged'
        when dated_share < {{ setting('dated_deals_share') | float }} then 'fix the data'
        when missing_reason is not null then 'too few deals'
        when difference_low > 0 or difference_high < 0 then 'strong'
        else 'directional'
    end as grade,
    missing_reason
from judged
