{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about accepted lines, cells, dates, contacts and currencies: how many it concerns, of how many.

with dates as (

    select created_on as day from {{ ref('fct_deals') }}
    union all
    select entered_on as day from {{ ref('stg_stage_history') }}

)

select
    'amount_too_large' as rule_id,
    count(*) filter (where is_amount_too_large) as found,
    count(*) as of_records
from {{ ref('base_deal_lines') }} where rule_id is null
union all
select
    'unreadable_value' as rule_id,
    count(unreadable_columns) as found,
    count(*) as of_records
from (
    select unreadable_columns from {{ ref('base_deal_lines') }} where rule_id is null
    union all
    select unreadable_columns from {{ ref('base_account_lines') }} where rule_id is null
    union all
    select unreadable_columns from {{ ref('base_contact_lines') }} where rule_id is null
    union all
    select unreadable_columns from {{ ref('base_deal_contact_lines') }} where rule_id is null
    union all
    select unreadable_columns from {{ ref('base_stage_history_lines') }} where rule_id is null
) as accepted
union all
select
    'no_value_word' as rule_id,
    cast(coalesce(sum(records) filter (where is_no_value), 0) as bigint) as found,
    cast(coalesce(sum(records), 0) as bigint) as of_records
from {{ ref('int_segments') }}
union all
select
    'dated_implausibly_late' as rule_id,
    count(*) filter (where dates.day > as_of.as_of_on) as found,
    count(dates.day) as of_records
from dates
cross join {{ ref('dim_as_of') }} as as_of
union all
select
    'stages_unknown' as rule_id,
    count(*) filter (where staged.deal_key is null) as found,
    count(*) as of_records
from {{ ref('fct_deals') }} as deals
left join (select distinct deal_key from {{ ref('fct_deal_stages') }}) as staged on deals.deal_key = staged.deal_key
where deals.is_in_population
union all
select
    'several_currencies' as rule_id,
    case when currency_count > 1 then currency_count else 0 end as found,
    currency_count as of_records
from {{ ref('int_currencies') }}
