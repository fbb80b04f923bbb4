{{ config(materialized='table') }}
-- One row per line of the account files, with the rule that rejects or excludes it, or none.

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        file_order,
        coalesce(account_id, account_name_hash) as account_id,
        annual_revenue,
        employees,
        {{ stated_moment('modified_at') }} as modified_at,
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted{{ and_dimensions('accounts', account_dimensions()) }}  -- noqa: LT02
    from {{ source('landing', 'accounts') }} as accounts

),

versions as (

    {{ versions_of_lines('lines', 'account_id', ['annual_revenue', 'employees'] + account_dimensions()) }}

)

select
    lines.source_file,
    lines.source_line,
    lines.account_id,
    lines.annual_revenue,
    lines.employees,
    nullif(concat_ws(
        ', ',
        case when lines.annual_revenue is not null and try_cast(lines.annual_revenue as decimal(20, 2)) is null then 'annual_revenue' end,
        case when lines.employees is not null and try_cast(lines.employees as decimal(20, 2)) is null then 'employees' end
    ), '') as unreadable_columns,
    case
        when lines.line_problem is not null then {{ rule_of_line('lines.line_problem') }}
        when lines.account_id is null then 'missing_id'
        when merged.merged_id is not null then 'merged'
        when versions.rule_id is not null then versions.rule_id
        when lines.is_deleted then 'deleted'
    end as rule_id,
    case
        when lines.line_problem is not null then lines.line_problem
        when lines.account_id is null then 'account_id is empty'
        when merged.merged_id is not null then 'the record was merged into another one'
        when versions.rule_id is not null then {{ version_reason('versions.rule_id', 'row') }}
        when lines.is_deleted then 'is_deleted is true'
    end as reason{{ and_dimensions('lines', account_dimensions()) }}  -- noqa: LT02
from lines
left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
left join {{ ref('base_merged_records') }} as merged on merged.object = 'accounts' and lines.account_id = merged.merged_id
