{{ config(materialized='table') }}
{#- the choice is written out, so that no line can be pasted unread -#}
{%- set choice = 'won|lost|open|disqualified' %}
{%- set of_deals = "case when unknown_words.deals = 1 then '1 deal' else cast(unknown_words.deals as " ~ dbt.type_string() ~ ") || ' deals' end" %}
{%- set first_flag = "split_part(ruled.unreadable_flags, ', ', 1)" %}
-- One row per line of the deal files, typed, with the rule that rejects or excludes it, or none, and why in words.
-- An unreadable optional value becomes null and is named in `unreadable_columns`; the line stays. So does one whose amount is too large.
-- noqa: disable=LT02

with ruled as (

    select * from {{ ref('base_ruled_deals') }}

),

-- so that the person who maps a word knows what it moves
unknown_words as (

    select
        rule_id,
        outcome_list,
        outcome_stated,
        count(*) as deals
    from ruled
    where rule_id = 'unknown_outcome'
    group by rule_id, outcome_list, outcome_stated

),

flag_headers as (

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
        when ruled.rule_id = 'unreadable_flag'
            then coalesce(flag_headers.source_header, {{ first_flag }}) || ' is not a yes or no'
        when ruled.outcome_stated is null then 'outcome is empty: state won, lost, open or disqualified'
        when ruled.outcome is null then case ruled.outcome_list
            when 'seeds/stage_map.csv'
                then 'stage "' || ruled.outcome_stated || '" of ' || {{ of_deals }} || ' is not in seeds/stage_map.csv; add the line  '
                    || ruled.crm || ',' || case when ruled.outcome_stated like '%,%' then '"' || ruled.outcome_stated || '"' else ruled.outcome_stated end || ',{{ choice }}  with the one that is right'
            when 'seeds/outcome_words.csv'
                then 'status "' || ruled.outcome_stated || '" of ' || {{ of_deals }} || ' is not in seeds/outcome_words.csv; add the line  '
                    || case when ruled.outcome_stated like '%,%' then '"' || lower(ruled.outcome_stated) || '"' else lower(ruled.outcome_stated) end || ',{{ choice }}  with the one that is right'
            else
                'outcome "' || ruled.outcome_stated || '" of ' || {{ of_deals }} || ' is not mapped; add under mapping.outcomes, with the one that is right,  {{ choice }}: ["'
                || ruled.outcome_stated || '"]'
        end
        when ruled.rule_id = 'unreadable_closed_on' then 'closed_on "' || ruled.closed_stated || '" is not a date'
    end as reason
from ruled
left join unknown_words
    on ruled.rule_id = unknown_words.rule_id
    and ruled.outcome_list is not distinct from unknown_words.outcome_list
    and ruled.outcome_stated = unknown_words.outcome_stated
left join flag_headers
    on ruled.rule_id = 'unreadable_flag' and ruled.source_file = flag_headers.source_file and flag_headers.column_name = {{ first_flag }}
