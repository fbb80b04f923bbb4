{{ config(materialized='ephemeral') }}
-- One row per line of the deal contact files whose deal and contact stand on several lines, with its place among them, and among those that say
-- the same.

-- only ids that stand on several lines can be duplicates or superseded
with repeated_ids as (

    select
        deal_id,
        contact_id
    from {{ ref('base_deal_contacts') }}
    where line_problem is null and not (deal_id is null or contact_id is null or {{ is_rounded('deal_id') }} or {{ is_rounded('contact_id') }})
    group by deal_id, contact_id
    having count(*) > 1

)

select
    lines.source_file,
    lines.source_line,
    row_number() over (
        partition by lines.deal_id, lines.contact_id
        order by
            lines.file_order desc nulls last,
            lines.source_file desc,
            lines.source_line desc
    ) as newest_first,
    row_number() over (
        partition by
            lines.deal_id,
            lines.contact_id,
            coalesce(lower(lines.is_deleted) in ('true', '1', 'yes'), false),
            lines.buying_role,
            lines.is_primary,
            lines.added_on
        order by
            lines.file_order desc nulls last,
            lines.source_file desc,
            lines.source_line desc
    ) as same_row_newest_first
from {{ ref('base_deal_contacts') }} as lines
inner join repeated_ids on lines.deal_id = repeated_ids.deal_id and lines.contact_id = repeated_ids.contact_id
where lines.line_problem is null
