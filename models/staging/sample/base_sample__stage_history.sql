-- The sample company exports no stage history: no rows.

select
    {{ absent() }} as deal_id,
    {{ absent() }} as stage,
    {{ absent() }} as entered_on,
    {{ absent() }} as source_file,
    cast(null as bigint) as source_line,
    {{ absent() }} as line_problem
from {{ ref('sample_deals') }}
where 1 = 0
