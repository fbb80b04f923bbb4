-- One row per data-quality rule about versions and moments: how many deals or files it concerns, of how many.

with reopened as (

    select count(distinct newest.deal_id) as deals
    from {{ ref('base_deal_lines') }} as newest
    inner join {{ ref('base_deal_lines') }} as older on newest.deal_id = older.deal_id
    where newest.rule_id is null and newest.outcome = 'open' and older.rule_id like 'superseded%' and older.outcome in ('won', 'lost')

),

-- the day a deal was created never changes; clocks of two places may be a day apart
reused as (

    select count(distinct newest.deal_id) as deals
    from {{ ref('base_deal_lines') }} as newest
    inner join {{ ref('base_deal_lines') }} as older on newest.deal_id = older.deal_id
    where
        newest.rule_id is null
        and older.rule_id like 'superseded%'
        and abs({{ dbt.datediff('older.created_on', 'newest.created_on', 'day') }}) > 1

),

-- only of deals: of other objects it is no loss where a newer file holds them all
files as (

    select
        source_file,
        bool_and(coalesce(rule_id in ('superseded', 'exact_duplicate', 'merged'), false)) as is_superseded
    from {{ ref('base_deal_lines') }}
    group by source_file

),

-- the deals of each file whose place among the files is known
held as (

    select distinct
        lines.source_file,
        lines.deal_id,
        placed.file_order,
        max(placed.file_order) over () as newest_order
    from {{ ref('base_deal_lines') }} as lines
    inner join (
        select
            source_file,
            max(file_order) as file_order
        from {{ ref('base_deals') }}
        group by source_file
    ) as placed on lines.source_file = placed.source_file
    where placed.file_order is not null and (lines.rule_id is null or lines.rule_id in ('superseded', 'exact_duplicate'))

),

older as (

    select
        held.source_file,
        held.deal_id,
        newest.deal_id is null as is_gone,
        avg(case when newest.deal_id is null then 0e0 else 1e0 end) over (partition by held.source_file) as held_share
    from held
    left join held as newest on held.deal_id = newest.deal_id and newest.file_order = newest.newest_order
    where held.file_order < held.newest_order

)

select
    'closed_superseded_by_open' as rule_id,
    max(reopened.deals) as found,
    count(lines.deal_id) as of_records
from reopened
left join {{ ref('base_deal_lines') }} as lines on lines.rule_id is null
union all
select
    'id_of_another_deal' as rule_id,
    max(reused.deals) as found,
    count(lines.deal_id) as of_records
from reused
left join {{ ref('base_deal_lines') }} as lines on lines.rule_id is null
union all
select
    'file_superseded' as rule_id,
    count(*) filter (where is_superseded) as found,
    count(*) as of_records
from files
union all
select
    'quarter_changed_by_history' as rule_id,
    count(*) filter (where {{ quarter_start('closed_on') }} != {{ quarter_start('close_date') }}) as found,
    count(*) as of_records
from {{ ref('base_deal_lines') }}
where rule_id is null and outcome in ('won', 'lost')
union all
-- clocks are at most 12 hours behind UTC and 14 ahead of it
select
    'time_zone_decides_quarter' as rule_id,
    {% if setting('time_zone') -%}
    cast(0 as bigint) as found,
    {%- else -%}
    count(*) filter (
        where length(close_stated) > 10
        and {{ is_zoned('close_stated') }}
        and {{ utc_moment('close_stated') }} != cast(cast({{ utc_moment('close_stated') }} as date) as timestamp)
        and {{ quarter_start(dbt.dateadd('hour', -12, utc_moment('close_stated'))) }}
        != {{ quarter_start(dbt.dateadd('hour', 14, utc_moment('close_stated'))) }}
    ) as found,
    {%- endif %}
    count(*) as of_records
from {{ ref('base_deal_lines') }}
where rule_id is null and outcome in ('won', 'lost')
union all
select
    'gone_from_newest_file' as rule_id,
    count(distinct case when is_gone then deal_id end) as found,
    count(distinct deal_id) as of_records
from older
where held_share >= {{ setting('same_scope_share') }}
union all
select
    'several_accounts' as rule_id,
    count(*) filter (where has_several_accounts) as found,
    count(*) as of_records
from {{ ref('base_deal_lines') }}
where rule_id is null
