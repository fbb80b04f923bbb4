-- How much of each file counts?

select
    source_file,
    object,
    records,
    cast(accepted as double) / nullif(records, 0) as accepted_share
from {{ ref('input_files') }}
order by accepted_share nulls last, source_file, object
