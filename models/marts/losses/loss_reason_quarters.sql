-- One row per quarter x dimension x segment x loss reason category with a lost deal, by primary reason. Lost deals add up over quarters,
-- categories, and the segments of one dimension; competitors add up to more, since a deal may name several. Dimensions overlap and may not
-- be added. Deals lost without a date are in no quarter.

select
    quarters.quarter,
    quarters.starts_on,
    quarters.is_partial,
    endings.dimension,
    endings.segment,
    endings.category,
    quarters.population,
    endings.deals as lost_deals
from {{ ref('int_segment_endings') }} as endings
inner join {{ ref('win_rates_by_quarter') }} as quarters on endings.starts_on = quarters.starts_on
where endings.outcome = 'lost'
