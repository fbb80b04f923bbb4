-- Detects a finding whose topic, grade and direction have no row in the seed finding_headlines.
-- The report and the summary print headlines: a finding without one would stand there without a word.
-- A returned row is the finding; write a headline for its topic, grade and direction.

select
    topic,
    grade,
    direction
from {{ ref('report_findings') }}
where headline is null
