{{ config(materialized='table') }}
-- One row per basis x day x ending x whether a competitor is named: how many deals of the population were closed, or created, that day.
-- The basis `created` holds every deal with a day of creation, `closed` all that are no longer open. Bases may not be added.

with deals as (

    select
        deals.created_on,
        deals.closed_on,
        deals.amount,
        deals.competitor != 'unknown' as is_competitor_named,
        case
            when deals.outcome != 'lost' then deals.outcome
            when categories.outcome_class = 'no_decision' then 'no_decision'
            when coalesce(categories.outcome_class, 'unknown') = 'unknown' then 'unstated'
            else 'decided'
        end as ending
    from {{ ref('fct_deals') }} as deals
    left join {{ ref('loss_reason_categories') }} as categories on deals.loss_reason_category = categories.category
    where deals.is_in_population

),

counted as (

    select
        case when grouping(created_on) = 0 then 'created' else 'closed' end as basis,
        case when grouping(created_on) = 0 then created_on else closed_on end as counted_on,
        ending,
        is_competitor_named,
        count(*) as deals,
        count(amount) as amounts,
        sum(amount) as amount,
        {{ sum_of_squares('amount') }} as squared_amount
    from deals
    group by grouping sets ((created_on, ending, is_competitor_named), (closed_on, ending, is_competitor_named))

)

select *
from counted
where (basis = 'created' and counted_on is not null) or (basis = 'closed' and ending != 'open')
