-- How far is each check from the limit at which it is raised?

select
    alert,
    subject,
    value,
    lower_threshold,
    upper_threshold,
    case when upper_threshold - value < value - lower_threshold or lower_threshold is null then upper_threshold - value else value - lower_threshold end
        as distance,
    unit
from {{ ref('alerts') }}
order by alert, subject
