-- One row per period: on how many won and lost deals a competitor is named, and between which bounds the win rate against competitors lies
-- whatever the silent deals hide (Manski 1989). Deals that say there was none stand in neither bound. Periods overlap.

with deals as (

    select
        closed_quarter_starts_on,
        competition,
        is_won,
        count(*) as deals
    from {{ ref('fct_closed_deals') }}
    group by closed_quarter_starts_on, competition, is_won

),

counted as (

    select
        periods.period,
        periods.population,
        periods.missing_reason,
        {%- for answer in ['named', 'none', 'unknown'] %}
        cast(coalesce(sum(case when deals.competition = '{{ answer }}' then deals.deals end), 0) as bigint) as {{ answer }}_deals,
        cast(coalesce(sum(case when deals.competition = '{{ answer }}' then deals.deals * deals.is_won end), 0) as bigint) as {{ answer }}_won_deals,
        {%- endfor %}
        cast(coalesce(sum(deals.deals), 0) as bigint) as closed_deals,
        cast(coalesce(sum(deals.deals * deals.is_won), 0) as bigint) as won_deals
    from {{ ref('dim_periods') }} as periods
    left join deals on {{ in_period('deals.closed_quarter_starts_on') }}
    group by periods.period, periods.population, periods.missing_reason

),

shares as (

    select
        *,
        {{ rate('named_won_deals', 'won_deals') }} as named_share_of_won,
        {{ rate('(named_deals - named_won_deals)', '(closed_deals - won_deals)') }} as named_share_of_lost
    from counted

),

-- whether the files could name competitors at all
recorded as (

    select
        case
            when max(case when status = 'mapped' then 1 else 0 end) = 1 then 'no closed deal names a competitor'
            when max(case when status = 'not used' then 1 else 0 end) = 1 then 'the setting ignore says that the company records no competitors'
            else 'no file has a column for competitors'
        end as missing_reason
    from {{ ref('input_columns') }}
    where column_name = 'competitor'

)

select
    shares.period,
    shares.population,
    shares.closed_deals,
    shares.won_deals,
    shares.closed_deals - shares.won_deals as lost_deals,
    {%- for answer in ['named', 'none', 'unknown'] %}
    shares.{{ answer }}_deals,
    shares.{{ answer }}_won_deals,
    shares.{{ answer }}_deals - shares.{{ answer }}_won_deals as {{ answer }}_lost_deals,
    {%- endfor %}
    {{ rate('shares.named_deals', 'shares.closed_deals') }} as named_share,
    shares.named_share_of_won,
    shares.named_share_of_lost,
    coalesce(
        shares.named_deals > 0 and abs(shares.named_share_of_won - shares.named_share_of_lost) <= {{ setting('coverage_gap') | float }}, false
    ) as is_comparable,
    {{ rate('shares.named_won_deals', 'shares.named_deals') }} as named_win_rate,
    {{ wilson_low('shares.named_won_deals', 'shares.named_deals') }} as named_win_rate_low,
    {{ wilson_high('shares.named_won_deals', 'shares.named_deals') }} as named_win_rate_high,
    case
        when shares.named_deals > 0
            then {{ rate('shares.named_won_deals', '(shares.named_deals + shares.unknown_deals - shares.unknown_won_deals)') }}
    end as win_rate_at_least,
    case
        when shares.named_deals > 0
            then {{ rate('(shares.named_won_deals + shares.unknown_won_deals)', '(shares.named_deals + shares.unknown_won_deals)') }}
    end as win_rate_at_most,
    case when shares.named_deals = 0 then coalesce(shares.missing_reason, recorded.missing_reason) end as missing_reason
from shares
cross join recorded
