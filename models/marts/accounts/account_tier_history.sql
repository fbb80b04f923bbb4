-- One row per judged quarter x tier: what was expected of its deals from the quarters before, what they did, and what those won brought. Counts and
-- amounts may be added over tiers and quarters.

-- alike deals of a quarter once: they have one score
with profiles as (

    select
        closed_quarter,
        industry,
        revenue_band,
        employee_band,
        region,
        count(*) as closed_deals,
        sum(is_won) as won_deals,
        count(case when is_won = 1 then amount end) as valued_won_deals,
        sum(case when is_won = 1 then amount end) as won_amount
    from {{ ref('fct_closed_deals') }}
    group by closed_quarter, industry, revenue_band, employee_band, region

),

judged as (

    select
        scores.quarter,
        scores.tier,
        scores.expected_win_rate,
        deals.closed_deals,
        deals.won_deals,
        deals.valued_won_deals,
        deals.won_amount
    from {{ advice('int_account_scores') }} as scores
    inner join profiles as deals
        on scores.quarter = deals.closed_quarter
        and scores.industry = deals.industry
        and scores.revenue_band = deals.revenue_band
        and scores.employee_band = deals.employee_band
        and scores.region = deals.region
    where scores.kind = 'judged'

),

-- a tier without a deal in a quarter has a row that says so
places as (

    {% for tier in ['A', 'B', 'C', 'D'] -%}
    select distinct
        quarter,
        '{{ tier }}' as tier
    from judged
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

counted as (

    select
        places.quarter,
        places.tier,
        cast(coalesce(sum(judged.closed_deals), 0) as bigint) as closed_deals,
        cast(coalesce(sum(judged.won_deals), 0) as bigint) as won_deals,
        cast(coalesce(sum(judged.closed_deals - judged.won_deals + judged.valued_won_deals), 0) as bigint) as valued_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(sum(judged.expected_win_rate * judged.closed_deals) / sum(judged.closed_deals), 9) as expected_win_rate,
        coalesce(cast(sum(judged.won_amount) as double), 0e0) as won_amount
    from places
    left join judged on places.quarter = judged.quarter and places.tier = judged.tier
    group by places.quarter, places.tier

)

select
    counted.quarter,
    counted.tier,
    counted.closed_deals,
    counted.won_deals,
    counted.expected_win_rate,
    {{ rate_columns('counted.won_deals', 'counted.closed_deals', 'win_rate') }},
    counted.expected_win_rate between {{ wilson_low('counted.won_deals', 'counted.closed_deals') }}
    and {{ wilson_high('counted.won_deals', 'counted.closed_deals') }} as is_within,
    case when baseline.value_missing_reason is null then counted.won_amount end as won_amount,
    case when baseline.value_missing_reason is null then {{ rate('counted.won_amount', 'counted.valued_deals') }} end as value_per_deal,
    baseline.population,
    baseline.value_missing_reason
from counted
inner join {{ ref('win_rate_baseline') }} as baseline on baseline.period = 'window'
