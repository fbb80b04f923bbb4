-- One row per accepted deal x competitor named on it; a deal may name several. Deals that name none have no row.

-- told of the texts, of which there are few, for all deals that state them
with named as (

    select
        stated_competitors,
        competitor,
        kind,
        count(*) over (partition by stated_competitors) as competitors_on_deal,
        count(case when kind = 'vendor' then 1 end) over (partition by stated_competitors) as vendors_on_deal,
        row_number() over (partition by stated_competitors order by competitor) = 1 as is_first,
        kind = 'vendor' and row_number() over (partition by stated_competitors, kind order by competitor) = 1 as is_first_vendor
    from {{ ref('int_competitors') }}
    where kind != 'none'

)

select
    deals.deal_key,
    named.competitor,
    named.kind,
    named.competitors_on_deal,
    named.vendors_on_deal,
    named.is_first,
    named.is_first_vendor
from {{ ref('stg_deals') }} as deals
inner join named on deals.competitor = named.stated_competitors
