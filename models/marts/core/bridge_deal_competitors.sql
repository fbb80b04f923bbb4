-- One row per accepted deal x competitor named on it; a deal may name several. Deals that name none have no row.

select
    deals.deal_key,
    competitors.competitor,
    competitors.kind,
    count(*) over (partition by deals.deal_key) as competitors_on_deal,
    row_number() over (partition by deals.deal_key order by competitors.competitor) = 1 as is_first
from {{ ref('stg_deals') }} as deals
inner join {{ ref('int_competitors') }} as competitors on deals.competitor = competitors.stated_competitors
where competitors.kind != 'none'
