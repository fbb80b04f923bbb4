-- Detects two segments of a dimension that a person would read as one, such as Technology and technology, or Unknown beside unknown.
-- Each would be rated on a part of its deals, and `unknown` is only kept out of recommendations under that spelling.
-- A returned row is a dimension and the spellings; join them in seeds/segment_aliases.csv or fix `int_segments`.

select
    dimension,
    {{ folded('segment') }} as folded_segment,
    {{ listed('segment') }} as spellings
from {{ ref('win_rates_by_dimension') }}
group by dimension, {{ folded('segment') }}
having count(distinct segment) > 1 or max(case when segment = '' or segment != trim(segment) then 1 else 0 end) = 1
