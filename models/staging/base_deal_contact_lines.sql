{{ config(materialized='table') }}
-- One row per line of the deal contact files, with the rule that rejects or excludes it, or none.

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        file_order,
        deal_id,
        contact_id,
        buying_role,
        is_primary,
        added_on,
        cast(null as timestamp) as modified_at,
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted
    from {{ ref('base_deal_contacts') }}

),

-- only ids that stand on several lines can be duplicates or superseded
repeated_ids as (

    select
        deal_id,
        contact_id
    from lines
    where line_problem is null and not (deal_id is null or contact_id is null or {{ is_rounded('deal_id') }} or {{ is_rounded('contact_id') }})
    group by deal_id, contact_id
    having count(*) > 1

),

versions as (

    select
        lines.source_file,
        lines.source_line,
        row_number() over (
            partition by lines.deal_id, lines.contact_id
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as newest_first,
        row_number() over (
            partition by
                lines.deal_id,
                lines.contact_id,
                coalesce(lines.is_deleted, false),
                lines.buying_role,
                lines.is_primary,
                lines.added_on
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as same_row_newest_first
    from lines
    inner join repeated_ids on lines.deal_id = repeated_ids.deal_id and lines.contact_id = repeated_ids.contact_id
    where lines.line_problem is null

)

select
    lines.source_file,
    lines.source_line,
    lines.deal_id,
    lines.contact_id,
    lines.buying_role,
    lines.is_primary,
    lines.added_on,
    nullif(concat_ws(
        ', ',
        case when lines.added_on is not null and try_cast(substring(lines.added_on, 1, 10) as date) is null then 'added_on' end
    ), '') as unreadable_columns,
    case
        when lines.line_problem is not null then {{ rule_of_line('lines.line_problem') }}
        when lines.deal_id is null then 'missing_id'
        when lines.contact_id is null then 'no_contact'
        when {{ is_rounded('lines.deal_id') }} or {{ is_rounded('lines.contact_id') }} then 'rounded_id'
        when versions.same_row_newest_first > 1 then 'exact_duplicate'
        when versions.newest_first > 1 then 'superseded'
        when lines.is_deleted then 'deleted'
    end as rule_id,
    case
        when lines.line_problem is not null then lines.line_problem
        when lines.deal_id is null then 'deal_id is empty'
        when lines.contact_id is null then 'the line names no contact'
        when {{ is_rounded('lines.deal_id') }} or {{ is_rounded('lines.contact_id') }} then 'the id was rounded by a spreadsheet'
        when versions.same_row_newest_first > 1 then 'the same row was read before'
        when versions.newest_first > 1 then 'a newer version of this row was read'
        when lines.is_deleted then 'is_deleted is true'
    end as reason
from lines
left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
