-- Which lines of my files could not be used, and what must I do?

select
    source_file,
    source_line,
    rule_id,
    remedy
from {{ ref('rejected_records') }}
where decision = 'rejected'
order by source_file, source_line
