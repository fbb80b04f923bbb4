{{ config(materialized='table') }}
-- One row per line of the account files, with the rule that rejects or excludes it, or none.

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        file_order,
        coalesce(account_id, account_name_hash) as account_id,
        industry,
        annual_revenue,
        employees,
        region,
        country,
        account_type,
        try_cast(modified_at as timestamp) as modified_at,
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted
    from {{ source('landing', 'accounts') }}

),

-- only ids that stand on several lines can be duplicates or superseded
repeated_ids as (

    select account_id
    from lines
    where line_problem is null and not (account_id is null)
    group by account_id
    having count(*) > 1

),

versions as (

    select
        lines.source_file,
        lines.source_line,
        row_number() over (
            partition by lines.account_id
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as newest_first,
        row_number() over (
            partition by
                lines.account_id,
                coalesce(lines.is_deleted, false),
                lines.industry,
                lines.annual_revenue,
                lines.employees,
                lines.region,
                lines.country,
                lines.account_type
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as same_row_newest_first
    from lines
    inner join repeated_ids on lines.account_id = repeated_ids.account_id
    where lines.line_problem is null

)

select
    lines.source_file,
    lines.source_line,
    lines.account_id,
    lines.industry,
    lines.annual_revenue,
    lines.employees,
    lines.region,
    lines.country,
    lines.account_type,
    nullif(concat_ws(
        ', ',
        case when lines.annual_revenue is not null and try_cast(lines.annual_revenue as decimal(20, 2)) is null then 'annual_revenue' end,
        case when lines.employees is not null and try_cast(lines.employees as decimal(20, 2)) is null then 'employees' end
    ), '') as unreadable_columns,
    case
        when lines.line_problem is not null then {{ rule_of_line('lines.line_problem') }}
        when lines.account_id is null then 'missing_id'
        when versions.same_row_newest_first > 1 then 'exact_duplicate'
        when versions.newest_first > 1 then 'superseded'
        when lines.is_deleted then 'deleted'
    end as rule_id,
    case
        when lines.line_problem is not null then lines.line_problem
        when lines.account_id is null then 'account_id is empty'
        when versions.same_row_newest_first > 1 then 'the same row was read before'
        when versions.newest_first > 1 then 'a newer version of this row was read'
        when lines.is_deleted then 'is_deleted is true'
    end as reason
from lines
left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
