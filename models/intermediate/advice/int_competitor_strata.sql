{{ config(materialized='table', enabled=true) }}
-- One row per period x quarter x competitor: the deals that name it, and all deals of that quarter that name a vendor. A deal with two
-- competitors stands in both rows, so competitors may not be added; quarters may.

with named as (

    select
        periods.period,
        deals.closed_quarter,
        deals.is_won,
        competitors.competitor,
        competitors.kind,
        competitors.competitors_on_deal,
        -- once for each deal that names a vendor
        {{ is_first_vendor() }} as is_first_vendor
    from {{ ref('fct_closed_deals') }} as deals
    inner join {{ ref('bridge_deal_competitors') }} as competitors on deals.deal_key = competitors.deal_key
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods on deals.closed_on is not distinct from periods.closed_on

),

vendors as (

    select
        period,
        closed_quarter,
        count(*) as vendor_deals,
        cast(sum(is_won) as bigint) as vendor_won_deals
    from named
    where is_first_vendor
    group by period, closed_quarter

),

counted as (

    select
        period,
        closed_quarter,
        competitor,
        kind,
        count(*) as closed_deals,
        cast(sum(is_won) as bigint) as won_deals,
        count(*) filter (where competitors_on_deal = 1) as sole_closed_deals,
        cast(sum(case when competitors_on_deal = 1 then is_won else 0 end) as bigint) as sole_won_deals
    from named
    group by period, closed_quarter, competitor, kind

)

select
    counted.*,
    coalesce(vendors.vendor_deals, 0) as vendor_deals,
    coalesce(vendors.vendor_won_deals, 0) as vendor_won_deals
from counted
left join vendors on counted.period = vendors.period and counted.closed_quarter = vendors.closed_quarter
