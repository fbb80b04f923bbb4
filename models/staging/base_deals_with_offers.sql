{{ config(materialized='ephemeral') }}
-- One row per line of the deal files, as in base_deals_with_accounts, with what was offered, against whom, and what it was worth.
-- noqa: disable=LT02

-- a deal with several products stands on a line for each, and the lines say the same of the deal
with several_products as (

    select
        deals.deal_id,
        deals.source_file
    from {{ source('landing', 'deals') }} as deals
    inner join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm and rules.lines_are_products
    -- hardly any deal stands on several lines: only these are compared in everything
    where deals.deal_id in (select repeated.deal_id from {{ source('landing', 'deals') }} as repeated group by repeated.deal_id having count(*) > 1)
    group by deals.deal_id, deals.source_file
    having
        min(deals.product) != max(deals.product)
        and min(coalesce(deals.modified_at, '')) = max(coalesce(deals.modified_at, ''))
        and min(coalesce(deals.stage, '')) = max(coalesce(deals.stage, ''))
        and min(coalesce(deals.outcome, '')) = max(coalesce(deals.outcome, ''))
        and min(coalesce(deals.closed_on, '')) = max(coalesce(deals.closed_on, ''))
        and min(coalesce(deals.amount, '')) = max(coalesce(deals.amount, ''))

),

competitors as (

    select
        deal_id,
        {{ listed('competitor', '; ') }} as competitor
    from {{ ref('base_deal_competitors') }}
    where rule_id is null
    group by deal_id

)

select
    deals.*,
    case when several_products.deal_id is not null then 'several products' else deals.product end as known_product,
    coalesce(
        -- a field of several options may be written with commas; the one before a legal form, as in Acme, Inc., is part of a name
        case
            when rules.options_have_commas
                then {{ replace_pattern(
                replace_pattern('deals.competitor', '(?i), *((inc|llc|ltd|llp|plc|corp|co|gmbh|ag|sa|sas|bv|nv|spa|srl|ltda)([.]?([,;]|$)|[.]? ))', ' \\1'), ', *', '; '
            ) }}
        end,
        deals.competitor,
        competitors.competitor
    ) as known_competitor,
    -- a lost deal's actual revenue is 0: what it would have been worth is the estimate
    coalesce(
        case when deals.known_outcome = 'won' then deals.amount_actual end,
        deals.amount_estimated,
        deals.amount_actual,
        case when deals.currency is null then deals.amount_converted end,
        deals.amount
    ) as known_amount
from {{ ref('base_deals_with_accounts') }} as deals
left join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm
left join competitors on deals.deal_id = competitors.deal_id
left join several_products on deals.deal_id = several_products.deal_id and deals.source_file = several_products.source_file
