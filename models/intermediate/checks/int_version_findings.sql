-- One row per data-quality rule about versions of records: how many deals or files it concerns, of how many.

with reopened as (

    select count(distinct newest.deal_id) as deals
    from {{ ref('base_deal_lines') }} as newest
    inner join {{ ref('base_deal_lines') }} as older on newest.deal_id = older.deal_id
    where newest.rule_id is null and newest.outcome = 'open' and older.rule_id like 'superseded%' and older.outcome in ('won', 'lost')

),

-- only of deals: of other objects it is no loss where a newer file holds them all
files as (

    select
        source_file,
        bool_and(coalesce(rule_id in ('superseded', 'exact_duplicate'), false)) as is_superseded
    from {{ ref('base_deal_lines') }}
    group by source_file

)

select
    'closed_superseded_by_open' as rule_id,
    max(reopened.deals) as found,
    count(lines.deal_id) as of_records
from reopened
left join {{ ref('base_deal_lines') }} as lines on lines.rule_id is null
union all
select
    'file_superseded' as rule_id,
    count(*) filter (where is_superseded) as found,
    count(*) as of_records
from files
