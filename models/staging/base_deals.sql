{{ config(materialized='table') }}
{%- set handed_on = (account_dimensions() + deal_dimensions()) | reject('in', ['owner', 'product', 'competitor']) | list %}
-- One row per line of the deal files of any CRM: whose deal, how it ended, when, and what it was worth. Nothing dropped, nothing typed.
-- Models above it write out the quarters of the list when they compile.
-- depends_on: {{ ref('fiscal_quarters') }}

select
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order,
    crm,
    deal_id,
    known_account_id as account_id,
    has_several_accounts,
    is_account_rounded,
    known_contact_id as contact_id,
    contact_ids,
    contact_email_hashes,
    outcome_said as outcome,
    known_outcome,
    outcome_list,
    nullif(concat_ws(
        ', ',
        case when is_closed not in ('true', 'false') then 'is_closed' end,
        case when is_won not in ('true', 'false') then 'is_won' end,
        case when is_lost not in ('true', 'false') then 'is_lost' end
    ), '') as unreadable_flags,
    own_stage as stage,
    created_day as created_on,
    closed_day as closed_on,
    close_day as close_date,
    close_stated,
    modified_at,
    known_amount as amount,
    amount_converted,
    currency,
    -- the reason of a status says nothing about winning
    coalesce(loss_reason, case when known_outcome = 'lost' then status_reason end) as loss_reason,
    win_factors,
    qualification_score,
    cycle_days,
    case when stated_outcome = 'deleted' then 'true' else is_deleted end as is_deleted,
    annual_revenue,
    employees,
    coalesce(owner, owner_id) as owner,
    known_product as product,
    known_competitor as competitor{{ and_dimensions('deals', handed_on) }}  -- noqa: LT02
from {{ ref('base_deals_with_offers') }} as deals
