-- One row per judged quarter x tier, and of all judged quarters and all tiers together: what was expected of its deals from the quarters before,
-- and what they did. Tiers of one quarter add up to `all`, and so do the quarters of one tier.

with quarters as (

    select
        quarter,
        tier,
        closed_deals,
        won_deals,
        expected_win_rate
    from {{ advice('int_account_scores') }}
    where kind = 'tier'

),

judged as (

    select * from quarters
    union all
    select
        'all' as quarter,
        tier,
        cast(sum(closed_deals) as bigint) as closed_deals,
        cast(sum(won_deals) as bigint) as won_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(sum(expected_win_rate * closed_deals) / nullif(sum(closed_deals), 0), 9) as expected_win_rate
    from quarters
    group by tier

),

measured as (

    select
        *,
        {{ rate('won_deals', 'closed_deals') }} as win_rate,
        {{ wilson_low('won_deals', 'closed_deals') }} as win_rate_low,
        {{ wilson_high('won_deals', 'closed_deals') }} as win_rate_high
    from judged

)

select
    measured.quarter,
    measured.tier,
    measured.closed_deals,
    measured.won_deals,
    measured.expected_win_rate,
    measured.win_rate,
    measured.win_rate_low,
    measured.win_rate_high,
    measured.expected_win_rate between measured.win_rate_low and measured.win_rate_high as is_within,
    periods.population
from measured
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
