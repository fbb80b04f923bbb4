-- One row per accepted account where tiers are allowed: its tier, what is expected of a deal there, and why. Never published, for a row is
-- an account; empty where scorecard_quality says no.

with won as (

    select
        deals.revenue_band,
        count(deals.amount) as won_deals,
        cast(sum(deals.amount) as double) as won_amount
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window'
        and {{ in_period('deals.closed_on') }}
    where deals.is_won = 1
    group by deals.revenue_band

),

total as (

    select sum(won_amount) / nullif(sum(won_deals), 0) as mean_won_amount
    from won

)

select
    accounts.account_key,
    scores.tier,
    scores.expected_win_rate,
    scores.expected_win_rate_low,
    scores.expected_win_rate_high,
    -- a band of few wins is worth what all wins are
    scores.expected_win_rate * (coalesce(won.won_amount, 0e0) + {{ setting('shrinkage_deals') }} * total.mean_won_amount)
    / nullif(coalesce(won.won_deals, 0) + {{ setting('shrinkage_deals') }}, 0) as expected_value_per_deal,
    accounts.closed_deals,
    accounts.open_deals,
    accounts.is_whitespace,
    scores.because,
    scores.unseen_attributes,
    accounts.industry,
    accounts.revenue_band,
    accounts.employee_band,
    accounts.region
from {{ ref('dim_account_profiles') }} as accounts
inner join {{ advice('int_account_scores') }} as quality on quality.kind = 'quality' and quality.is_allowed
inner join {{ advice('int_account_scores') }} as scores on scores.kind = 'profile' and accounts.profile = scores.profile
cross join total
left join won on accounts.revenue_band = won.revenue_band
