-- One row per period x measure of how far the stated loss reasons can be trusted, and one row `overall`. A doubtful measure caps
-- the wording of every finding about loss reasons at "watch". Fewer than `minimum_deals` losses make no measure doubtful.

with lost_deals as (

    select
        periods.period,
        deals.*,
        {{ dbt.datediff('deals.closed_on', quarters_later('deals.closed_quarter_starts_on', 1), 'day') }} as days_to_quarter_end  -- noqa: LT05
    from {{ ref('fct_closed_deals') }} as deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
        on deals.closed_on is not distinct from periods.closed_on
    where deals.outcome = 'lost'

),

-- the most losses one owner closed on one day
bulk as (

    select
        period,
        max(lost_deals) as bulk_deals
    from (
        select
            period,
            owner,
            closed_on,
            count(*) as lost_deals
        from lost_deals
        where closed_on is not null and owner != 'unknown'
        group by period, owner, closed_on
    ) as days
    group by period

),

owners as (

    select
        period,
        count(*) filter (where lost_deals >= {{ setting('minimum_reason_losses') | int }}) as owners,
        coalesce(sum(lost_deals) filter (where lost_deals >= {{ setting('minimum_reason_losses') | int }}), 0) as owned_deals,
        count(*) filter (where lost_deals >= {{ setting('minimum_reason_losses') | int }} and stated_share < 0.5e0) as silent_owners,
        count(*) filter (where stated_lost_deals >= {{ setting('minimum_reason_losses') | int }} and top_share > 0.8e0) as one_reason_owners
    from {{ ref('loss_reason_coverage_by_owner') }}
    where owner != 'unknown'
    group by period

),

counted as (

    select
        period,
        count(*) as lost_deals,
        count(*) filter (where loss_reason_category in ('unspecified', 'other')) as unusable_reasons,
        count(*) filter (where days_to_quarter_end <= 3) as last_days_deals,
        count(*) filter (where closed_on is not null) as dated_deals,
        count(*) filter (where loss_reason_category = 'competitor') as competitor_reasons,
        count(*) filter (where loss_reason_category = 'competitor' and competitor = 'unknown') as unnamed_competitors,
        count(*) filter (where competitor != 'unknown') as named_competitors,
        count(*) filter (where competitor != 'unknown' and loss_reason_category != 'competitor') as unblamed_competitors
    from lost_deals
    group by period

),

measures as (

    select
        period,
        'unusable_reasons' as measure,
        lost_deals as deals,
        {{ rate('unusable_reasons', 'lost_deals') }} as value,
        0.3e0 as threshold,
        'share of lost deals without a usable reason' as meaning
    from counted
    union all
    select
        period,
        'quarter_end_spike' as measure,
        dated_deals as deals,
        {{ rate('last_days_deals', 'dated_deals') }} as value,
        0.3e0 as threshold,
        'share of losses closed on the last three days of a quarter' as meaning
    from counted
    union all
    select
        period,
        'competitor_not_named' as measure,
        competitor_reasons as deals,
        {{ rate('unnamed_competitors', 'competitor_reasons') }} as value,
        0.5e0 as threshold,
        'share of losses to a competitor that name none' as meaning
    from counted
    union all
    select
        period,
        'competitor_not_blamed' as measure,
        named_competitors as deals,
        {{ rate('unblamed_competitors', 'named_competitors') }} as value,
        0.8e0 as threshold,
        'share of losses with a named competitor that state another reason' as meaning
    from counted
    union all
    select
        counted.period,
        'bulk_closes' as measure,
        counted.lost_deals as deals,
        {{ rate('bulk.bulk_deals', 'counted.lost_deals') }} as value,
        0.2e0 as threshold,
        'share of losses that one owner closed on a single day' as meaning
    from counted
    left join bulk on counted.period = bulk.period
    union all
    select
        period,
        'silent_owners' as measure,
        owned_deals as deals,
        {{ rate('silent_owners', 'owners') }} as value,
        0.3e0 as threshold,
        'share of owners who state a reason on fewer than half of their losses' as meaning
    from owners
    union all
    select
        period,
        'one_reason_owners' as measure,
        owned_deals as deals,
        {{ rate('one_reason_owners', 'owners') }} as value,
        0.3e0 as threshold,
        'share of owners who give the same reason on more than four in five losses' as meaning
    from owners

),

judged as (

    select
        *,
        coalesce(value > threshold and deals >= {{ setting('minimum_deals') | int }}, false) as is_doubtful
    from measures

)

select
    judged.period,
    judged.measure,
    cast(judged.deals as bigint) as deals,
    judged.value,
    judged.threshold,
    judged.is_doubtful,
    not judged.is_doubtful as is_reliable,
    judged.meaning,
    periods.population
from judged
inner join {{ ref('dim_periods') }} as periods on judged.period = periods.period
union all
select
    periods.period,
    'overall' as measure,
    cast(max(judged.deals) as bigint) as deals,
    cast(count(judged.measure) filter (where judged.is_doubtful) as double) as value,
    0e0 as threshold,
    coalesce(bool_or(judged.is_doubtful), false) as is_doubtful,
    not coalesce(bool_or(judged.is_doubtful), false) as is_reliable,
    'doubtful measures; any caps the wording of loss reasons' as meaning,
    periods.population
from {{ ref('dim_periods') }} as periods
left join judged on periods.period = judged.period
group by periods.period, periods.population
