-- One row per judged quarter x tier, and all tiers together: what was expected of its deals from the quarters before, and what they did.
-- Tiers of one quarter add up to `all`.

with judged as (

    select
        *,
        {{ rate('won_deals', 'closed_deals') }} as win_rate,
        {{ wilson_low('won_deals', 'closed_deals') }} as win_rate_low,
        {{ wilson_high('won_deals', 'closed_deals') }} as win_rate_high
    from {{ advice('int_account_scores') }}
    where kind = 'tier'

)

select
    judged.quarter,
    judged.tier,
    judged.closed_deals,
    judged.won_deals,
    judged.expected_win_rate,
    judged.win_rate,
    judged.win_rate_low,
    judged.win_rate_high,
    judged.expected_win_rate between judged.win_rate_low and judged.win_rate_high as is_within,
    periods.population
from judged
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
