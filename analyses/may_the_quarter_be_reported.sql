-- Is there a reason to distrust this build before reporting the quarter?

select
    alert,
    subject,
    value,
    unit,
    is_raised,
    meaning,
    remedy
from {{ ref('alerts') }}
order by is_raised desc, alert, subject
