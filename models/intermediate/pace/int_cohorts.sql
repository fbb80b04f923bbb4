{{ config(materialized='ephemeral') }}
-- One row per quarter in which deals were created by the end of the export: how many, and how they stand then. Quarters add up to all deals
-- created by then.

select
    {{ quarter_start('endings.counted_on') }} as starts_on,
    cast(sum(endings.deals) as bigint) as created_deals,
    cast(coalesce(sum(endings.deals) filter (where endings.ending = 'won'), 0) as bigint) as won_deals,
    cast(coalesce(sum(endings.deals) filter (where endings.ending in ('decided', 'no_decision', 'unstated')), 0) as bigint) as lost_deals,
    cast(coalesce(sum(endings.deals) filter (where endings.ending = 'disqualified'), 0) as bigint) as disqualified_deals,
    cast(coalesce(sum(endings.deals) filter (where endings.ending in ('open', 'stale')), 0) as bigint) as open_deals,
    cast(coalesce(sum(endings.deals) filter (where endings.ending = 'stale'), 0) as bigint) as stale_deals
from {{ ref('int_deal_endings') }} as endings
inner join {{ ref('dim_as_of') }} as as_of on endings.counted_on <= as_of.as_of_on
where endings.basis = 'created'
group by all
