-- One row per change of a deal's stage: none, for the sample company exports no stage history.

select
    {{ absent() }} as deal_id,
    {{ absent() }} as stage,
    {{ absent() }} as entered_on,
    {{ absent() }} as source_file,
    cast(null as bigint) as source_line,
    {{ absent() }} as line_problem
from {{ ref('sample_deals') }}
where 1 = 0
