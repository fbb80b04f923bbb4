-- How far is each check from the limit at which it is raised?

select
    alert,
    subject,
    value,
    lower_threshold,
    upper_threshold,
    least(value - lower_threshold, upper_threshold - value) as distance,
    unit
from {{ ref('alerts') }}
order by alert, subject
