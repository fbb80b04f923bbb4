-- One row per quarter in which deals were created: how they stand when the export ends, and where their win rate ends if those still open
-- go on at the pace of the trailing window. Quarters add up to all deals created by then.

with created as (

    select
        {{ quarter_start('endings.counted_on') }} as starts_on,
        cast(sum(endings.deals) as bigint) as created_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending = 'won'), 0) as bigint) as won_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending in ('decided', 'no_decision', 'unstated')), 0) as bigint) as lost_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending = 'disqualified'), 0) as bigint) as disqualified_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending in ('open', 'stale')), 0) as bigint) as open_deals,
        cast(coalesce(sum(endings.deals) filter (where endings.ending = 'stale'), 0) as bigint) as stale_deals
    from {{ ref('int_deal_endings') }} as endings
    inner join {{ ref('dim_as_of') }} as as_of on endings.counted_on <= as_of.as_of_on
    where endings.basis = 'created'
    group by {{ quarter_start('endings.counted_on') }}

),

pace as (

    select count(*) > 0 as is_known
    from {{ ref('int_win_chances') }}
    where period = 'window'

),

-- without a quarter there is a row that says why
judged as (

    select
        coalesce({{ quarter_name('created.starts_on') }}, 'unknown') as created_quarter,
        created.starts_on,
        periods.population,
        coalesce(created.created_deals, 0) as created_deals,
        coalesce(created.won_deals, 0) as won_deals,
        coalesce(created.lost_deals, 0) as lost_deals,
        coalesce(created.disqualified_deals, 0) as disqualified_deals,
        coalesce(created.open_deals, 0) as open_deals,
        coalesce(created.stale_deals, 0) as stale_deals,
        coalesce(outlook.pace_variance, 0e0) as pace_variance,
        cast(round(coalesce(outlook.missing_deals, 0e0)) as bigint) as missing_deals,
        case when pace.is_known then coalesce(outlook.expected_wins, 0e0) end as expected_wins,
        coalesce(outlook.missing_deals > {{ setting('missing_deals_share') | float }} * created.created_deals, false) as is_cut_off,
        case
            when created.starts_on is null then 'no deal states when it was created'
            when outlook.missing_deals > {{ setting('missing_deals_share') | float }} * created.created_deals
                then 'the export lacks deals of this quarter that closed before it begins'
            when not pace.is_known then 'too few deals of known age were decided in the trailing window'
        end as missing_reason
    from {{ ref('dim_periods') }} as periods
    cross join pace
    left join created on periods.period = 'all'
    left join {{ ref('int_cohort_outlook') }} as outlook on {{ quarter_name('created.starts_on') }} = outlook.created_quarter
    where periods.period = 'all'

),

rated as (

    select
        *,
        case when missing_reason is null then {{ rate('(won_deals + expected_wins)', 'created_deals') }} end as final_win_rate,
        case when missing_reason is null then {{ rate('won_deals', '(won_deals + expected_wins)') }} end as matured_share
    from judged

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
    case when not is_cut_off then {{ rate('won_deals', 'created_deals') }} end as win_rate_so_far,
    case when not is_cut_off then {{ rate('won_deals', '(won_deals + lost_deals)') }} end as decided_win_rate,
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
