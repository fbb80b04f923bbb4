-- One row per period x dimension x segment x weeks of age: the shares of deals won, lost and still open by that age, open deals counted for
-- as long as they were watched. A curve ends where fewer than `curve_minimum_deals` are left to watch. Nothing may be added.

with periods as (

    select
        period,
        missing_reason
    from {{ ref('dim_periods') }}
    union all
    select
        'window_before' as period,
        cast(null as string) as missing_reason

),

read_off as (

    select
        weeks.period,
        weeks.dimension,
        weeks.segment,
        weeks.age_weeks,
        coalesce(steps.won_share, 0e0) as won_share,
        coalesce(steps.lost_share, 0e0) as lost_share,
        coalesce(steps.open_share, 1e0) as open_share,
        {{ effective_deals('steps.won_share', 'steps.won_share_variance', 'steps.decided_deals') }} as effective_deals
    from {{ ref('int_curve_weeks') }} as weeks
    left join {{ ref('int_win_curve_steps') }} as steps
        on weeks.period = steps.period
        and weeks.dimension = steps.dimension
        and weeks.segment = steps.segment
        and steps.age_days <= 7 * weeks.age_weeks
        and (steps.next_age_days > 7 * weeks.age_weeks or steps.next_age_days is null)

)

select
    periods.period,
    coalesce(read_off.dimension, 'all') as dimension,
    coalesce(read_off.segment, 'all deals') as segment,
    coalesce(read_off.age_weeks, 0) as age_weeks,
    read_off.won_share,
    {{ wilson_columns('read_off.effective_deals * read_off.won_share', 'read_off.effective_deals', 'won_share') }},
    read_off.lost_share,
    read_off.open_share,
    read_off.effective_deals,
    case
        when read_off.age_weeks is null
            then coalesce(periods.missing_reason, 'too few deals of known age were watched, won or lost in this period to draw a curve')
    end as missing_reason
from periods
left join read_off on periods.period = read_off.period
