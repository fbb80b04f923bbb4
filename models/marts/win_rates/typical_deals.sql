-- One row per period x measure of a closed deal: the mean, and the median with its interval. A few large deals pull a mean;
-- the interval of a median counts deals and assumes nothing about their spread. Periods overlap and may not be added.

-- many deals share a value, so values are ranked and not deals
with ranked as (

    select
        period,
        population,
        measure,
        value,
        deals as deals_of_value,
        cast(sum(deals) over (partition by period, measure order by value) as bigint) as last_position,
        cast(sum(deals) over (partition by period, measure) as bigint) as deals
    from {{ ref('int_deals_by_value') }}

),

-- ranks of the deals between which the median of all such deals lies; under eight deals there are none
bounded as (

    select
        *,
        floor(deals / 2e0 - 0.98e0 * sqrt(deals)) as low_position
    from ranked

)

select
    period,
    measure,
    population,
    deals,
    sum(value * deals_of_value) / deals as mean,
    -- the middle deal, or the mean of the two in the middle
    (
        min(case when last_position >= floor((deals + 1) / 2e0) then value end)
        + min(case when last_position >= floor((deals + 2) / 2e0) then value end)
    ) / 2e0 as median,
    min(case when low_position >= 1 and last_position >= low_position then value end) as median_low,
    min(case when low_position >= 1 and last_position >= deals + 1 - low_position then value end) as median_high
from bounded
group by period, measure, population, deals
