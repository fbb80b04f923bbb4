{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about files of deals of which newer ones hold all or some: how many files or deals it concerns, of how many.

-- only of deals: of other objects it is no loss where a newer file holds them all
with files as (

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
    inner join (select source_file, max(file_order) as file_order from {{ ref('base_deals') }} group by source_file) as placed  -- noqa: LT09
        on lines.source_file = placed.source_file
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
    'file_superseded' as rule_id,
    count(*) filter (where is_superseded) as found,
    count(*) as of_records
from files
union all
select
    'gone_from_newest_file' as rule_id,
    count(distinct case when is_gone then deal_id end) as found,
    count(distinct deal_id) as of_records
from older
where held_share >= {{ setting('same_scope_share') }}
