{{ config(materialized='table') }}
-- One row per line of the deal files of any CRM: whose deal, how it ended, when, and what it was worth. Nothing dropped, nothing typed.
-- Models above it write out the quarters of the list when they compile.
-- depends_on: {{ ref('fiscal_quarters') }}

-- a deal with several products stands on a line for each, and the lines say the same of the deal
with several_products as (

    select
        deals.deal_id,
        deals.source_file
    from {{ source('landing', 'deals') }} as deals
    inner join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm and rules.lines_are_products
    group by deals.deal_id, deals.source_file
    having
        min(deals.product) != max(deals.product)
        {%- for said in ['modified_at', 'stage', 'outcome', 'closed_on', 'amount'] %}
        and min(coalesce(deals.{{ said }}, '')) = max(coalesce(deals.{{ said }}, ''))
        {%- endfor %}

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
    deals.source_file,
    deals.source_line,
    deals.line_problem,
    deals.file_dated_on,
    deals.file_order,
    deals.crm,
    deals.deal_id,
    deals.found_account_id as account_id,
    deals.has_several_accounts,
    {{ is_rounded('deals.account_id') }} or {{ is_rounded('deals.account_ids') }} as is_account_rounded,
    deals.found_contact_id as contact_id,
    deals.contact_ids,
    deals.contact_email_hashes,
    deals.outcome_said as outcome,
    deals.known_outcome,
    deals.outcome_list,
    nullif(concat_ws(
        ', ',
        {%- for flag in ['is_closed', 'is_won', 'is_lost'] %}
        case when deals.{{ flag }} not in ('true', 'false') then '{{ flag }}' end{{ ',' if not loop.last }}
        {%- endfor %}
    ), '') as unreadable_flags,
    deals.own_stage as stage,
    deals.created_day as created_on,
    deals.closed_day as closed_on,
    deals.stated_day as close_date,
    deals.close_stated,
    deals.modified_at,
    -- a lost deal's actual revenue is 0: what it would have been worth is the estimate
    coalesce(
        case when deals.known_outcome = 'won' then deals.amount_actual end,
        deals.amount_estimated,
        deals.amount_actual,
        case when deals.currency is null then deals.amount_converted end,
        deals.amount
    ) as amount,
    deals.amount_converted,
    deals.currency,
    coalesce(deals.owner, deals.owner_id) as owner,
    deals.deal_type,
    deals.lead_source,
    case when several_products.deal_id is not null then 'several products' else deals.product end as product,
    deals.pipeline,
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
    ) as competitor,
    -- the reason of a status says nothing about winning
    coalesce(deals.loss_reason, case when deals.known_outcome = 'lost' then deals.status_reason end) as loss_reason,
    deals.win_factors,
    deals.qualification_score,
    deals.cycle_days,
    case when deals.stated_outcome = 'deleted' then 'true' else deals.is_deleted end as is_deleted,
    deals.industry,
    deals.annual_revenue,
    deals.employees,
    deals.region,
    deals.country,
    deals.account_type{{ extra_columns('deals') }}  -- noqa: LT02
from {{ ref('base_found_deals') }} as deals
left join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm
left join competitors on deals.deal_id = competitors.deal_id
left join several_products on deals.deal_id = several_products.deal_id and deals.source_file = several_products.source_file
