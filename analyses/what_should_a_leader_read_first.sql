-- What should a leader read first about the quarter?

select
    finding,
    grade,
    subject,
    detail
from {{ ref('report_findings') }}
order by finding
