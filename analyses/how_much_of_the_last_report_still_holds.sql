-- How many of the statements of each grade are new, gone or still said?

select
    grade,
    sum(case when state = 'new' then 1 else 0 end) as new_statements,
    sum(case when state = 'gone' then 1 else 0 end) as gone_statements,
    sum(case when state = 'still' then 1 else 0 end) as held_statements
from {{ ref('report_changes') }}
group by grade
order by grade
