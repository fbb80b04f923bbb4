-- One row per quarter in which deals were created: how they stand when the export ends, and where their win rate ends if those still open
-- go on at the pace of the trailing window. Quarters add up to all deals created by then.

with rated as (

    select
        *,
        case when missing_reason is null then (won_deals + expected_wins) / nullif(created_deals, 0) end as final_win_rate,
        case when missing_reason is null then won_deals / nullif(won_deals + expected_wins, 0) end as matured_share
    from {{ ref('int_cohort_standings') }}

),

-- as many deals as, all decided, would tell as much: chance of these deals, and that the pace is only known from others
weighed as (

    select
        *,
        {{ effective_deals(
            'final_win_rate',
            '(final_win_rate * (1 - final_win_rate) / created_deals + pace_variance / power(created_deals, 2))',
            'created_deals'
        ) }} as effective_deals
    from rated

)

select
    created_quarter,
    starts_on,
    population,
    created_deals,
    won_deals,
    lost_deals,
    disqualified_deals,
    open_deals,
    stale_deals,
    case when not is_cut_off then won_deals / nullif(created_deals, 0) end as win_rate_so_far,
    case when not is_cut_off then won_deals / nullif(won_deals + lost_deals, 0) end as decided_win_rate,
    case when not is_cut_off then expected_wins end as expected_wins,
    final_win_rate,
    case when final_win_rate is not null then {{ wilson_low('effective_deals * final_win_rate', 'effective_deals') }} end as final_win_rate_low,
    case when final_win_rate is not null then {{ wilson_high('effective_deals * final_win_rate', 'effective_deals') }} end as final_win_rate_high,
    matured_share,
    missing_deals,
    case
        when is_cut_off then 'cut off'
        when final_win_rate is not null and (expected_wins = 0 or matured_share >= {{ setting('stale_win_share') | float }}) then 'mature'
        when final_win_rate is not null then 'young'
    end as maturity,
    missing_reason
from weighed
