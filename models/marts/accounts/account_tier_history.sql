-- One row per judged quarter x tier: what was expected of its deals from the quarters before, what they did, and what those won brought. Counts and
-- amounts may be added over tiers and quarters. The interval is of decisions.

-- a tier without a deal in a quarter has a row that says so
with counted as (

    select
        quarters.quarter,
        tiers.tier,
        cast(coalesce(sum(judged.closed_deals), 0) as bigint) as closed_deals,
        cast(coalesce(sum(judged.won_deals), 0) as bigint) as won_deals,
        cast(coalesce(sum(judged.decisions), 0) as bigint) as decisions,
        cast(coalesce(sum(judged.closed_deals - judged.won_deals + judged.valued_won_deals), 0) as bigint) as valued_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(sum(judged.expected_win_rate * judged.closed_deals) / sum(judged.closed_deals), 9) as expected_win_rate,
        coalesce(cast(sum(judged.won_amount) as double), 0e0) as won_amount
    from (select distinct quarter from {{ ref('int_judged_profiles') }}) as quarters
    cross join (values ('A'), ('B'), ('C'), ('D')) as tiers (tier)
    left join {{ ref('int_judged_profiles') }} as judged on quarters.quarter = judged.quarter and tiers.tier = judged.tier
    group by quarters.quarter, tiers.tier

),

rated as (

    select
        *,
        {{ decided_rate_columns('won_deals', 'closed_deals', 'decisions', 'win_rate') }}
    from counted

)

select
    rated.quarter,
    rated.tier,
    rated.closed_deals,
    rated.won_deals,
    rated.expected_win_rate,
    rated.win_rate,
    rated.win_rate_low,
    rated.win_rate_high,
    rated.expected_win_rate between rated.win_rate_low and rated.win_rate_high as is_within,
    case when baseline.value_missing_reason is null then rated.won_amount end as won_amount,
    case when baseline.value_missing_reason is null then rated.won_amount / nullif(rated.valued_deals, 0) end as value_per_deal,
    baseline.population,
    baseline.value_missing_reason,
    rated.decisions
from rated
inner join {{ ref('win_rate_baseline') }} as baseline on baseline.period = 'window'
