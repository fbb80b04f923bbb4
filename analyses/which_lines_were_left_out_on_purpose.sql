-- Which lines were left out on purpose?

select
    source_file,
    source_line,
    rule_id,
    reason
from {{ ref('rejected_records') }}
where decision = 'excluded'
order by source_file, source_line
