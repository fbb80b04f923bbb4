{{ config(materialized='table') }}
-- One row per line of the deal files of any CRM: whose deal, how it ended, when, and what it was worth. Nothing dropped, nothing typed.
-- Models above it write out the quarters of the list when they compile.
-- depends_on: {{ ref('fiscal_quarters') }}

with people as (

    -- a name that two people share finds neither
    select
        contact_name_hash,
        min(coalesce(contact_id, contact_name_hash)) as contact_id
    from {{ source('landing', 'contacts') }}
    where contact_name_hash is not null
    group by contact_name_hash
    having min(coalesce(contact_id, contact_name_hash)) = max(coalesce(contact_id, contact_name_hash))

),

-- a deal with several products stands on a line for each, and the lines say the same of the deal
several_products as (

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

-- moments become days where the company is
dated as (

    select
        *,
        case when not {{ is_rounded('account_id') }} then account_id end as sound_account_id,
        case
            when not {{ is_rounded('account_ids') }} then nullif(trim(split_part(replace(account_ids, ',', ';'), ';', 1)), '')
        end as first_account_id,
        {{ local_day('created_on') }} as created_day,
        {{ local_day('closed_on') }} as closed_day,
        {{ local_day('won_on') }} as won_day,
        {{ local_day('lost_on') }} as lost_day
    from {{ ref('base_deal_outcomes') }}

),

-- of several accounts the main one counts, else the first
found as (

    select
        dated.*,
        coalesce(dated.sound_account_id, dated.first_account_id, by_domain.account_id, by_name.account_id) as found_account_id
    from dated
    left join {{ ref('base_account_matches') }} as by_domain
        on by_domain.found_by = 'domain' and dated.account_domain_hash = by_domain.match_hash
    left join {{ ref('base_account_matches') }} as by_name
        on by_name.found_by = 'name' and dated.account_name_hash = by_name.match_hash

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
    coalesce(merged_accounts.survivor_id, deals.found_account_id, deals.account_name_hash) as account_id,
    deals.sound_account_id is null and length(deals.account_ids) > length(deals.first_account_id) as has_several_accounts,
    {{ is_rounded('deals.account_id') }} or {{ is_rounded('deals.account_ids') }} as is_account_rounded,
    coalesce(deals.contact_id, people.contact_id, deals.contact_name_hash) as contact_id,
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
    coalesce(
        -- a day apart, the two tell the same close: by the clock of another place, or entered the morning after
        case
            when coalesce(abs({{ dbt.datediff("try_cast(substring(deals.closed_day, 1, 10) as date)", "cast(closes.closed_at as date)", 'day') }}) > 1, true)
                then substring(cast(closes.closed_at as {{ dbt.type_string() }}), 1, 10)
        end,
        case deals.known_outcome
            when 'won' then deals.won_day
            when 'lost' then deals.lost_day
            when 'open' then null
            else coalesce(deals.won_day, deals.lost_day)
        end,
        -- what an open deal holds there is a plan, or left over from an earlier close
        case when rules.close_date_is_planned or deals.known_outcome is distinct from 'open' then deals.closed_day end
    ) as closed_on,
    deals.closed_day as close_date,
    coalesce(
        case deals.known_outcome when 'won' then deals.won_on when 'lost' then deals.lost_on end,
        deals.closed_on
    ) as close_stated,
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
from found as deals
left join {{ ref('crm_rules') }} as rules on deals.crm = rules.crm
left join {{ ref('base_merged_records') }} as merged_accounts on merged_accounts.object = 'accounts' and deals.found_account_id = merged_accounts.merged_id
left join people on deals.contact_name_hash = people.contact_name_hash
left join {{ ref('base_deal_closes') }} as closes on deals.deal_id = closes.deal_id and deals.known_outcome = closes.outcome
left join competitors on deals.deal_id = competitors.deal_id
left join several_products on deals.deal_id = several_products.deal_id and deals.source_file = several_products.source_file
