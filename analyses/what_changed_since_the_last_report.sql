-- What is new, gone or still said since the last report?

select
    state,
    kind,
    grade,
    statement
from {{ ref('report_changes') }}
order by state, place
