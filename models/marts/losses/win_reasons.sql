-- One row per period x win factor seen in any period. A deal may state several factors: shares add up to more than one.

with factors as (

    select
        periods.period,
        win_factors.win_factor,
        count(distinct win_factors.deal_key) as won_deals,
        cast(sum(win_factors.amount) as double) as won_amount
    from {{ ref('bridge_deal_win_factors') }} as win_factors
    inner join ({{ periods_by_day(ref('bridge_deal_win_factors')) }}) as periods
        on win_factors.closed_on is not distinct from periods.closed_on
    group by periods.period, win_factors.win_factor

),

-- shares are of the won deals that state a factor at all
stated as (

    select
        periods.period,
        count(distinct win_factors.deal_key) as stated_won_deals
    from {{ ref('bridge_deal_win_factors') }} as win_factors
    inner join ({{ periods_by_day(ref('bridge_deal_win_factors')) }}) as periods
        on win_factors.closed_on is not distinct from periods.closed_on
    group by periods.period

)

select
    baseline.period,
    seen.win_factor,
    baseline.population,
    coalesce(factors.won_deals, 0) as won_deals,
    coalesce(stated.stated_won_deals, 0) as stated_won_deals,
    baseline.won_deals as all_won_deals,
    {{ rate_columns('coalesce(factors.won_deals, 0)', 'stated.stated_won_deals', 'share') }},
    factors.won_amount,
    case
        when stated.stated_won_deals is null then coalesce(baseline.missing_reason, 'no won deal of this period states a win factor')
    end as missing_reason,
    baseline.value_missing_reason
from {{ ref('win_rate_baseline') }} as baseline
cross join (select distinct win_factor from {{ ref('bridge_deal_win_factors') }}) as seen
left join stated on baseline.period = stated.period
left join factors on baseline.period = factors.period and seen.win_factor = factors.win_factor
