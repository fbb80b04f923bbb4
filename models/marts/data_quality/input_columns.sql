-- One row per input file x column: a header that is read or ignored, or a column of the project that the file lacks, with what that costs.

select
    exported.object,
    exported.source_file,
    exported.column_name,
    case when exported.status != 'missing' then exported.source_header end as source_header,
    exported.status,
    case when exported.status = 'missing' then coalesce(canonical_columns.missing_means, 'Nothing the answers need.') end as missing_means
from {{ ref('base_columns') }} as exported
left join {{ ref('canonical_columns') }} as canonical_columns
    on exported.object = canonical_columns.object
    and exported.column_name = canonical_columns.column_name
