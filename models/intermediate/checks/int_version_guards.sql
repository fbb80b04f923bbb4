{{ config(materialized='ephemeral') }}
-- One row per check of lines that were left out as versions of others x what it looks at.

with records as (

    select
        object,
        source_file,
        sum(records) as records
    from {{ ref('input_files') }}
    where object in ('deals', 'accounts', 'contacts')
    group by object, source_file

),

left_out as (

    select
        records.object || ': ' || records.source_file as subject,
        count(*) filter (where rejected.rule_id = 'two_versions_in_one_file') / nullif(max(records.records), 0) as two_versions_in_one_file,
        count(*) filter (where rejected.rule_id = 'superseded_in_one_file') / nullif(max(records.records), 0) as superseded_in_one_file
    from records
    left join {{ ref('rejected_records') }} as rejected
        on records.object = rejected.object and records.source_file = rejected.source_file
    group by records.object, records.source_file

),

lines as (

    select
        case rule_id
            when 'closed_superseded_by_open' then 'reopened_deals'
            when 'id_of_another_deal' then 'reused_ids'
            when 'time_zone_decides_quarter' then 'time_zone'
        end as alert,
        found / nullif(of_records, 0) as share
    from {{ ref('int_version_findings') }}
    where rule_id in ('closed_superseded_by_open', 'id_of_another_deal', 'time_zone_decides_quarter')

)


select
    alert,
    subject,
    value
from left_out
unpivot include nulls (value for alert in (two_versions_in_one_file, superseded_in_one_file))
union all
select
    alert,
    'deals' as subject,
    share as value
from lines
