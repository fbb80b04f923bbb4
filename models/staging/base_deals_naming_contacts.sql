{{ config(materialized='ephemeral') }}
-- One row per deal whose line names contacts: its newest version, for an older one may name contacts that have been removed since.

with naming_deals as (

    select deal_id
    from {{ ref('base_deals') }}
    where line_problem is null and deal_id is not null and coalesce(contact_id, contact_ids, contact_email_hashes) is not null
    group by deal_id

)

select
    deal_id,
    contact_id,
    contact_ids,
    contact_email_hashes,
    source_file,
    source_line,
    file_dated_on,
    file_order
from (
    select
        named.*,
        row_number() over (
            partition by named.deal_id
            order by
                named.modified_at desc nulls last,
                named.file_order desc nulls last,
                named.source_file desc,
                named.source_line desc
        ) as newest_first
    from {{ ref('base_deals') }} as named
    inner join naming_deals on named.deal_id = naming_deals.deal_id
    where named.line_problem is null
) as versions
where newest_first = 1
