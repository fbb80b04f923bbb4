{{ config(materialized='table') }}
-- One row per line of the deal contact files, with the rule that rejects or excludes it, or none.

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
        case when lines.added_on is not null and {{ stated_day('lines.added_on') }} is null then 'added_on' end
    ), '') as unreadable_columns,
    case
        when lines.line_problem is not null then {{ rule_of_line('lines.line_problem') }}
        when lines.deal_id is null then 'missing_id'
        when lines.contact_id is null then 'no_contact'
        when {{ is_rounded('lines.deal_id') }} or {{ is_rounded('lines.contact_id') }} then 'rounded_id'
        when versions.same_row_newest_first > 1 then 'exact_duplicate'
        when versions.newest_first > 1 then 'superseded'
        when lower(lines.is_deleted) in ('true', '1', 'yes') then 'deleted'
    end as rule_id,
    case
        when lines.line_problem is not null then lines.line_problem
        when lines.deal_id is null then 'deal_id is empty'
        when lines.contact_id is null then 'the line names no contact'
        when {{ is_rounded('lines.deal_id') }} or {{ is_rounded('lines.contact_id') }} then 'the id was rounded by a spreadsheet'
        when versions.same_row_newest_first > 1 then 'the same row was read before'
        when versions.newest_first > 1 then 'a newer version of this row was read'
        when lower(lines.is_deleted) in ('true', '1', 'yes') then 'is_deleted is true'
    end as reason
from {{ ref('base_deal_contacts') }} as lines
left join {{ ref('base_deal_contact_versions') }} as versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
