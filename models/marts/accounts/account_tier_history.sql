-- One row per judged quarter x tier: what was expected of its deals from the quarters before, what they did, and what those won brought. Counts and
-- amounts may be added over tiers and quarters.

-- a tier without a deal in a quarter has a row that says so
with counted as (

    select
        quarters.quarter,
        tiers.tier,
        cast(coalesce(sum(judged.closed_deals), 0) as bigint) as closed_deals,
        cast(coalesce(sum(judged.won_deals), 0) as bigint) as won_deals,
        cast(coalesce(sum(judged.closed_deals - judged.won_deals + judged.valued_won_deals), 0) as bigint) as valued_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(sum(judged.expected_win_rate * judged.closed_deals) / sum(judged.closed_deals), 9) as expected_win_rate,
        coalesce(cast(sum(judged.won_amount) as double), 0e0) as won_amount
    from (select distinct quarter from {{ ref('int_judged_profiles') }}) as quarters
    cross join (values ('A'), ('B'), ('C'), ('D')) as tiers (tier)
    left join {{ ref('int_judged_profiles') }} as judged on quarters.quarter = judged.quarter and tiers.tier = judged.tier
    group by quarters.quarter, tiers.tier

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
