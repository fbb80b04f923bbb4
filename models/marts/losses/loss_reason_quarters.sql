-- One row per quarter x dimension x segment x loss reason category with a lost deal, by primary reason. Lost deals add up over quarters,
-- categories, and the segments of one dimension; competitors add up to more, since a deal may name several. Dimensions overlap and may not
-- be added. Deals lost without a date are in no quarter.

select
    quarters.quarter,
    quarters.starts_on,
    quarters.is_partial,
    segments.dimension,
    segments.segment,
    segments.loss_reason_category as category,
    quarters.population,
    count(*) as lost_deals
from {{ ref('fct_deal_segments') }} as segments
inner join {{ ref('win_rates_by_quarter') }} as quarters on {{ quarter_start('segments.closed_on') }} = quarters.starts_on
where segments.outcome = 'lost'
group by
    quarters.quarter, quarters.starts_on, quarters.is_partial, segments.dimension, segments.segment, segments.loss_reason_category,
    quarters.population
