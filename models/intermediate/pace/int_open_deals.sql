{{ config(materialized='table') }}
-- One row per deal of the population that is open when the export ends: its age and the chance that it is won yet, at the pace of all deals
-- of the trailing window. Deals without a day of creation are left out.
-- noqa: disable=LT02

select
    deals.deal_key,
    deals.created_on,
    cast({{ dbt.datediff('deals.created_on', 'as_of.as_of_on', 'day') }} as integer) as age_days,  -- noqa: LT05
    deals.amount,
    chances.step_age_days,
    chances.win_chance,
    coalesce(chances.is_stale_age, false) as is_stale,
    coalesce(chances.is_beyond_record, false) as is_beyond_record{{ and_dimensions('deals', segment_columns()) }}  -- noqa: LT02
from {{ ref('fct_deals') }} as deals
inner join {{ ref('dim_as_of') }} as as_of on deals.created_on <= as_of.as_of_on
left join {{ ref('int_win_chances') }} as chances
    on chances.period = 'window'
    and chances.age_days = {{ dbt.datediff('deals.created_on', 'as_of.as_of_on', 'day') }}
where deals.is_in_population and deals.outcome = 'open'
