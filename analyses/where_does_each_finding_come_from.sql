-- Which table and row does each finding come from, and how much may it be trusted?

select
    finding,
    topic,
    grade,
    source_table,
    source_row,
    population
from {{ ref('report_findings') }}
order by finding
