-- One row per input file x column: a header that is read or ignored, or a column of the project that the file lacks, with what that costs.
-- Names are those the answers use. `matched`: no ids, so that records were found by name, domain or e-mail address. An object of which no
-- file is read has a row without file and column.

with exported as (

    select
        object,
        source_file,
        column_name,
        {{ listed('source_header', ' or ') }} as source_header,
        -- `mapped` comes before `matched`, and that before `missing`
        min(status) as status
    from {{ ref('int_reported_columns') }}
    group by object, source_file, column_name, case when column_name is null then source_header end

)

select
    exported.object,
    exported.source_file,
    exported.column_name,
    case when exported.status != 'missing' then exported.source_header end as source_header,
    case when exported.status = 'missing' and asked.standing = 'not used' then 'not used' else exported.status end as status,
    case
        when exported.status = 'missing' and asked.standing = 'not needed' then 'Nothing the answers need.'
        when exported.status = 'missing' and asked.is_said_elsewhere then 'Nothing: another file says it.'
        when exported.status = 'missing' and coalesce(asked.standing, '') != 'not used'
            then coalesce(canonical_columns.missing_means, 'Nothing the answers need.')
    end as missing_means,
    case
        when asked.is_said_elsewhere then null
        when exported.status = 'missing' and coalesce(asked.standing, '') not in ('not used', 'not needed') and canonical_columns.missing_means is not null
            then 'Add the column to the export; or name it under ignore where the company has no such field.'
    end as remedy
from exported
left join {{ ref('canonical_columns') }} as canonical_columns
    on exported.object = canonical_columns.object
    and exported.column_name = canonical_columns.column_name
left join {{ ref('int_asked_fields') }} as asked
    on exported.object = asked.object
    and exported.column_name = asked.column_name
union all
select
    object,
    cast(null as string) as source_file,
    cast(null as string) as column_name,
    cast(null as string) as source_header,
    case when standing = 'not used' then 'not used' else 'missing' end as status,
    case when standing = 'not exported' then missing_means when standing = 'not needed' then 'Nothing the answers need.' end as missing_means,
    case
        when standing = 'not exported' then 'Export these records too, as the guide of the CRM says; or name them under ignore where the company has none.'
    end as remedy
from {{ ref('int_asked_fields') }}
where column_name = '*' and standing != 'exported'
