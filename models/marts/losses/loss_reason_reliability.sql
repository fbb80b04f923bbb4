-- One row per period x measure of how far the stated loss reasons can be trusted, and one row `overall`. A doubtful measure caps
-- the wording of every finding about loss reasons at "watch". Fewer than `minimum_deals` losses make no measure doubtful.

with judged as (

    select * from {{ ref('int_judged_loss_reasons') }}

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
