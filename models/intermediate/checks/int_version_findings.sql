{{ config(materialized='ephemeral' if target.type == 'duckdb' else 'table') }}
{%- set moment = utc_moment('close_stated') %}
-- One row per data-quality rule about versions and moments of deals: how many deals it concerns, of how many.

-- the day a deal was created never changes; clocks of two places may be a day apart
with replaced as (

    select
        count(distinct case when newest.outcome = 'open' and older.outcome in ('won', 'lost') then newest.deal_id end) as closed_superseded_by_open,
        count(distinct case when abs({{ dbt.datediff('older.created_on', 'newest.created_on', 'day') }}) > 1 then newest.deal_id end) as id_of_another_deal
    from {{ ref('base_deal_lines') }} as newest
    inner join {{ ref('base_deal_lines') }} as older on newest.deal_id = older.deal_id and older.rule_id like 'superseded%'
    where newest.rule_id is null

),

accepted as (

    select
        count(*) as of_records,
        count(*) filter (where has_several_accounts) as several_accounts,
        coalesce(max(replaced.closed_superseded_by_open), 0) as closed_superseded_by_open,
        coalesce(max(replaced.id_of_another_deal), 0) as id_of_another_deal
    from {{ ref('base_deal_lines') }}
    cross join replaced
    where rule_id is null

),

-- clocks are at most 12 hours behind UTC and 14 ahead of it; a branch is worked out for the few lines it is about, a filter for all of them
closed as (

    select
        count(*) as of_records,
        count(case when closed_on != close_date then nullif({{ quarter_start('closed_on') }} != {{ quarter_start('close_date') }}, false) end)
            as quarter_changed_by_history,
        count(case
            when {{ 'false' if setting('time_zone') else 'true' }} and length(close_stated) > 10 then nullif(
                {{ is_zoned('close_stated') }} and {{ moment }} != cast(cast({{ moment }} as date) as timestamp)
                and {{ quarter_start(dbt.dateadd('hour', -12, moment)) }} != {{ quarter_start(dbt.dateadd('hour', 14, moment)) }}, false
            )
        end) as time_zone_decides_quarter
    from {{ ref('base_deal_lines') }}
    where rule_id is null and outcome in ('won', 'lost')

)

select
    rule_id,
    found,
    of_records
from accepted
unpivot (found for rule_id in (closed_superseded_by_open, id_of_another_deal, several_accounts))
union all
select
    rule_id,
    found,
    of_records
from closed
unpivot (found for rule_id in (quarter_changed_by_history, time_zone_decides_quarter))
