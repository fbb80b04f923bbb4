-- One row per judged quarter x tier: what was expected of its deals from the quarters before, what they did, and what those won brought. Counts and
-- amounts may be added over tiers and quarters.

with judged as (

    select
        scores.quarter,
        scores.tier,
        scores.expected_win_rate,
        deals.deal_key,
        deals.is_won,
        case when deals.is_won = 1 then cast(deals.amount as double) end as won_value
    from {{ advice('int_account_scores') }} as scores
    inner join {{ ref('fct_closed_deals') }} as deals
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
        count(judged.deal_key) as closed_deals,
        cast(coalesce(sum(judged.is_won), 0) as bigint) as won_deals,
        cast(count(judged.deal_key) - coalesce(sum(judged.is_won), 0) + count(judged.won_value) as bigint) as valued_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(avg(judged.expected_win_rate), 9) as expected_win_rate,
        {{ sum_in_any_order('judged.won_value') }} as won_amount
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
