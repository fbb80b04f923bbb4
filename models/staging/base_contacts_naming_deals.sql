{{ config(materialized='ephemeral') }}
-- One row per contact whose line names deals, or an address that deals may name: its newest version.

select {{ all_but('versions', ['newest_first']) }}
from (
    select
        *,
        row_number() over (
            partition by contact_id
            order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
        ) as newest_first
    from {{ source('landing', 'contacts') }}
    where line_problem is null and coalesce(deal_ids, contact_email_hash) is not null
) as versions
where newest_first = 1
