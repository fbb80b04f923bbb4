-- One row per period: on how many won and lost deals a competitor is named, and between which bounds the win rate against competitors lies
-- whatever the silent deals hide (Manski 1989). Deals that say there was none stand in neither bound. Periods overlap.

with deals as (

    select
        closed_quarter_starts_on,
        competition,
        count(*) as deals,
        cast(sum(is_won) as bigint) as won_deals
    from {{ ref('fct_closed_deals') }}
    group by closed_quarter_starts_on, competition

),

counted as (

    select
        periods.period,
        periods.population,
        periods.missing_reason,
        coalesce(sum(deals.deals), 0) as closed_deals,
        coalesce(sum(deals.won_deals), 0) as won_deals,
        coalesce(sum(deals.deals) filter (where deals.competition = 'named'), 0) as named_deals,
        coalesce(sum(deals.won_deals) filter (where deals.competition = 'named'), 0) as named_won_deals,
        coalesce(sum(deals.deals) filter (where deals.competition = 'none'), 0) as none_deals,
        coalesce(sum(deals.won_deals) filter (where deals.competition = 'none'), 0) as none_won_deals,
        coalesce(sum(deals.deals) filter (where deals.competition = 'unknown'), 0) as unknown_deals,
        coalesce(sum(deals.won_deals) filter (where deals.competition = 'unknown'), 0) as unknown_won_deals
    from {{ ref('dim_periods') }} as periods
    left join deals on {{ in_period('deals.closed_quarter_starts_on') }}
    group by periods.period, periods.population, periods.missing_reason

)

select
    counted.period,
    counted.population,
    cast(closed_deals as bigint) as closed_deals,
    cast(won_deals as bigint) as won_deals,
    cast(closed_deals - won_deals as bigint) as lost_deals,
    cast(named_deals as bigint) as named_deals,
    cast(named_won_deals as bigint) as named_won_deals,
    cast(named_deals - named_won_deals as bigint) as named_lost_deals,
    cast(none_deals as bigint) as none_deals,
    cast(none_won_deals as bigint) as none_won_deals,
    cast(none_deals - none_won_deals as bigint) as none_lost_deals,
    cast(unknown_deals as bigint) as unknown_deals,
    cast(unknown_won_deals as bigint) as unknown_won_deals,
    cast(unknown_deals - unknown_won_deals as bigint) as unknown_lost_deals,
    named_deals / nullif(closed_deals, 0) as named_share,
    named_won_deals / nullif(won_deals, 0) as named_share_of_won,
    (named_deals - named_won_deals) / nullif(closed_deals - won_deals, 0) as named_share_of_lost,
    coalesce(named_deals > 0 and abs(named_share_of_won - named_share_of_lost) <= {{ setting('coverage_gap') | float }}, false) as is_comparable,
    {{ rate_columns('named_won_deals', 'named_deals', 'named_win_rate') }},
    case when named_deals > 0 then named_won_deals / nullif(named_deals + unknown_deals - unknown_won_deals, 0) end as win_rate_at_least,
    case when named_deals > 0 then (named_won_deals + unknown_won_deals) / nullif(named_deals + unknown_won_deals, 0) end as win_rate_at_most,
    case when named_deals = 0 then coalesce(counted.missing_reason, unrecorded.competitors_missing_reason) end as missing_reason
from counted
cross join {{ ref('int_unrecorded') }} as unrecorded
