-- One row: the last day the export speaks of. An open deal's expected close is a plan and says nothing of it; neither do a few
-- dates long after all others, which are mistyped years.

with created as (

    select
        max(created_on) as latest_on,
        -- one slip dates one thing: a deal that was created and closed after a pause shows that selling went on
        max(case when created_on is not null and closed_on is not null then least(created_on, closed_on) end) as confirmed_until_on
    from {{ ref('fct_deals') }}

),

closes as (

    select
        deals.closed_on as day,
        coalesce(deals.closed_on > created.latest_on + 366, false) as is_uncreated
    from {{ ref('fct_deals') }} as deals
    cross join created

),

gaps as (

    select
        day,
        {{ dbt.datediff('lag(day) over (order by day)', 'day', 'day') }} as gap_days,
        sum(count(*)) over (order by day desc) as records_from_here,
        sum(count(*)) over () as all_records
    from (
        select created_on as day from {{ ref('fct_deals') }}
        union all
        -- a close more than a year after the last deal was created is a mistyped year, not news; where there are many, creation is not exported
        select day from closes as dated
        where not is_uncreated or (select count(*) filter (where is_uncreated) > greatest(1, {{ setting('uncreated_share') }} * count(day)) from closes)
        union all
        select entered_on as day from {{ ref('stg_stage_history') }}
    ) as dates
    where day is not null
    group by day

)

-- of two dates neither is the slip, so what is cut off must be the smaller part
select max({{ "cast('" ~ setting('as_of_on') ~ "' as date)" if setting('as_of_on') else 'days.day' }}) as as_of_on
from (
    select min(gaps.day) as first_on
    from gaps
    cross join created
    where
        gaps.gap_days > {{ setting('outlier_gap_days') | int }} and 2 * gaps.records_from_here < gaps.all_records
        and gaps.records_from_here <= greatest(
            1,
            {{ setting('outlier_share') }} * gaps.all_records,
            least({{ setting('few_outliers') | int }}, {{ setting('few_outliers_share') }} * gaps.all_records)
        )
        and coalesce(gaps.day > created.confirmed_until_on, true)
) as outliers
left join gaps as days on days.day < outliers.first_on or outliers.first_on is null
