-- Was every line of every file accounted for?

select
    source_file,
    object,
    records,
    accepted,
    rejected,
    excluded,
    unaccounted
from {{ ref('input_files') }}
order by source_file, object
