-- Are won and lost deals filled in alike?
-- A field filled in on won deals only, such as a billing region, decides the outcome afterwards and explains nothing.

select
    won.field,
    won.filled_share as won_filled_share,
    lost.filled_share as lost_filled_share,
    won.filled_share - lost.filled_share as gap
from {{ ref('field_completeness') }} as won
inner join {{ ref('field_completeness') }} as lost
    on won.period = lost.period
    and won.field = lost.field
    and lost.outcome = 'lost'
where won.period = 'window' and won.outcome = 'won'
order by abs(won.filled_share - lost.filled_share) desc, won.field
