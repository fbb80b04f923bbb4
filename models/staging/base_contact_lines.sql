{{ config(materialized='table') }}
-- One row per line of the contact files, with the rule that rejects or excludes it, or none.

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        file_order,
        contact_id,
        account_id,
        title,
        department,
        buying_role,
        try_cast(modified_at as timestamp) as modified_at,
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted
    from {{ ref('base_contacts') }}

),

-- only ids that stand on several lines can be duplicates or superseded
repeated_ids as (

    select contact_id
    from lines
    where line_problem is null and not (contact_id is null)
    group by contact_id
    having count(*) > 1

),

versions as (

    select
        lines.source_file,
        lines.source_line,
        row_number() over (
            partition by lines.contact_id
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as newest_first,
        row_number() over (
            partition by
                lines.contact_id,
                coalesce(lines.is_deleted, false),
                lines.account_id,
                lines.title,
                lines.department,
                lines.buying_role
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as same_row_newest_first
    from lines
    inner join repeated_ids on lines.contact_id = repeated_ids.contact_id
    where lines.line_problem is null

)

select
    lines.source_file,
    lines.source_line,
    lines.contact_id,
    lines.account_id,
    lines.title,
    lines.department,
    lines.buying_role,
    case
        when lines.line_problem is not null then {{ rule_of_line('lines.line_problem') }}
        when lines.contact_id is null then 'no_contact'
        when versions.same_row_newest_first > 1 then 'exact_duplicate'
        when versions.newest_first > 1 then 'superseded'
        when lines.is_deleted then 'deleted'
    end as rule_id,
    case
        when lines.line_problem is not null then lines.line_problem
        when lines.contact_id is null then 'the line names no contact'
        when versions.same_row_newest_first > 1 then 'the same row was read before'
        when versions.newest_first > 1 then 'a newer version of this row was read'
        when lines.is_deleted then 'is_deleted is true'
    end as reason
from lines
left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
