-- Which header of my files was read as which column?

select
    object,
    source_file,
    source_header,
    column_name
from {{ ref('input_columns') }}
where status = 'mapped'
order by object, source_file, column_name
