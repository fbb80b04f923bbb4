-- Did the recording of loss reasons get better since the previous quarter?

select
    measure,
    max(case when period = 'quarter' then value end) as this_quarter,
    max(case when period = 'previous_quarter' then value end) as previous_quarter
from {{ ref('loss_reason_reliability') }}
group by measure
order by measure
