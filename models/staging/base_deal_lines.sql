{{ config(materialized='table') }}
{%- set first_flag = "split_part(ruled.unreadable_flags, ', ', 1)" %}
-- One row per line of the deal files, typed, with the rule that rejects or excludes it, or none, and why in words.
-- An unreadable optional value becomes null and is named in `unreadable_columns`; the line stays. So does one whose amount is too large.
-- noqa: disable=LT02

with flag_headers as (

    select
        source_file,
        column_name,
        max(source_header) as source_header
    from {{ source('landing', 'columns') }}
    where object = 'deals' and column_name in ('is_won', 'is_lost', 'is_closed') and source_header is not null
    group by source_file, column_name

)

select
    ruled.source_file,
    ruled.source_line,
    deal_id,
    account_id,
    has_several_accounts,
    outcome,
    stage,
    created_on,
    closed_on,
    close_date,
    close_stated,
    amount,
    amount_converted,
    is_amount_too_large,
    currency,
    loss_reason,
    win_factors,
    qualification_score,
    cycle_days,
    annual_revenue,
    employees{{ and_dimensions('ruled') }},
    unreadable_columns,
    ruled.rule_id,
    case
        when ruled.line_problem is not null then ruled.line_problem
        when ruled.deal_id is null then 'deal_id is empty'
        when ruled.is_merged then 'the record was merged into another one'
        when ruled.version_rule is not null then {{ version_reason('ruled.version_rule', 'deal') }}
        when ruled.is_deleted then 'is_deleted is true'
        when ruled.rule_id = 'unreadable_flag' then coalesce(flag_headers.source_header, {{ first_flag }}) || ' is not a yes or no'
        when ruled.outcome_stated is null then 'outcome is empty: state won, lost, open or disqualified'
        when ruled.outcome is null then unmapped.how_to_map
        when ruled.rule_id = 'unreadable_closed_on' then 'closed_on "' || ruled.closed_stated || '" is not a date'
    end as reason
from {{ ref('base_ruled_deals') }} as ruled
left join {{ ref('base_unmapped_outcomes') }} as unmapped
    on ruled.rule_id = 'unknown_outcome' and ruled.outcome_stated = unmapped.outcome_stated
    and ruled.crm is not distinct from unmapped.crm
    and ruled.outcome_list is not distinct from unmapped.outcome_list
left join flag_headers
    on ruled.rule_id = 'unreadable_flag' and ruled.source_file = flag_headers.source_file and flag_headers.column_name = {{ first_flag }}
