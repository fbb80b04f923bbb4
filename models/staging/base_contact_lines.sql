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
        is_account_rounded,
        title,
        department,
        buying_role,
        {{ stated_moment('modified_at') }} as modified_at,
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted
    from {{ ref('base_contacts') }}

),

versions as (

    {{ versions_of_lines('lines', 'contact_id', ['account_id', 'title', 'department', 'buying_role']) }}

)

select
    lines.source_file,
    lines.source_line,
    lines.contact_id,
    lines.account_id,
    lines.title,
    lines.department,
    lines.buying_role,
    case when lines.is_account_rounded then 'account_id' end as unreadable_columns,
    case
        when lines.line_problem is not null then {{ rule_of_line('lines.line_problem') }}
        when lines.contact_id is null then 'no_contact'
        when merged.merged_id is not null then 'merged'
        when versions.rule_id is not null then versions.rule_id
        when lines.is_deleted then 'deleted'
    end as rule_id,
    case
        when lines.line_problem is not null then lines.line_problem
        when lines.contact_id is null then 'the line names no contact'
        when merged.merged_id is not null then 'the record was merged into another one'
        when versions.rule_id is not null then {{ version_reason('versions.rule_id', 'row') }}
        when lines.is_deleted then 'is_deleted is true'
    end as reason
from lines
left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
left join {{ ref('base_merged_records') }} as merged on merged.object = 'contacts' and lines.contact_id = merged.merged_id
