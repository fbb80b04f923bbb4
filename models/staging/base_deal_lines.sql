{{ config(materialized='table') }}
{%- set largest_amount = "cast('" ~ setting('largest_amount') ~ "' as decimal(38, 2))" %}
{%- set days_of_a_century = 36525 %}
{#- the choice is written out, so that no line can be pasted unread -#}
{%- set choice = 'won|lost|open|disqualified' %}
{%- set of_deals = "case when unknown_words.deals = 1 then '1 deal' else cast(unknown_words.deals as " ~ dbt.type_string() ~ ") || ' deals' end" %}
{%- set first_flag = "split_part(ruled.unreadable_flags, ', ', 1)" %}
{%- set stated = [
    'account_id', 'outcome_stated', 'stage', 'created_stated', 'closed_stated', 'amount_stated', 'converted_stated', 'currency', 'owner', 'deal_type',
    'lead_source', 'product', 'pipeline', 'competitor', 'loss_reason', 'win_factors', 'score_stated', 'cycle_stated', 'industry', 'annual_revenue',
    'employees', 'region', 'country', 'account_type',
] + extra_dimensions() %}
-- One row per line of the deal files, typed, with the rule that rejects or excludes it, or none.
-- An unreadable optional value becomes null and is named in `unreadable_columns`; the line stays. So does one whose amount is too large.
-- noqa: disable=LT02

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        file_order,
        crm,
        outcome_list,
        deal_id,
        account_id,
        has_several_accounts,
        is_account_rounded,
        outcome as outcome_stated,
        known_outcome as outcome,
        unreadable_flags,
        stage,
        created_on as created_stated,
        closed_on as closed_stated,
        close_date,
        close_stated,
        modified_at as modified_stated,
        try_cast(modified_at as timestamp) as modified_at,
        amount as amount_stated,
        amount_converted as converted_stated,
        currency,
        owner,
        deal_type,
        lead_source,
        product,
        pipeline,
        competitor,
        loss_reason,
        win_factors,
        qualification_score as score_stated,
        cycle_days as cycle_stated,
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted,
        lower(is_deleted) not in ('true', '1', 'yes', 'false', '0', 'no') as is_deleted_unreadable,
        industry,
        annual_revenue,
        employees,
        region,
        country,
        account_type{{ extra_columns('deals') }}
    from {{ ref('base_deals') }} as deals

),

versions as (

    {{ versions_of_lines('lines', 'deal_id', stated) }}

),

-- an id that many records share is none: of all deals of a name only one would count
files as (

    select
        lines.source_file,
        count(*) as records,
        count(*) filter (where versions.rule_id = 'two_versions_in_one_file') as left_out
    from lines
    left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
    group by lines.source_file

),

shared_ids as (

    select
        -- Spark works a column out before it asks `having`
        case when count(*) > 0 then {{ fail("min(source_file) || ': ' || max(left_out) || ' of ' || max(records) || ' records have the id of another record and other content, so that they cannot be told apart. "
            ~ "Read the column with the id of the deal as deal_id, not a name; or set maximum_two_versions_share to at least ' || (ceil(max(1e2 * left_out / records)) / 1e2) || '.'") }} end as problem
    from files
    where left_out > {{ setting('maximum_two_versions_share') }} * records
    having count(*) > 0

),

typed as (

    select
        lines.*,
        try_cast(substring(lines.created_stated, 1, 10) as date) as created_on,
        try_cast(substring(lines.closed_stated, 1, 10) as date) as closed_on,
        try_cast(lines.amount_stated as decimal(38, 2)) as read_amount,
        try_cast(lines.converted_stated as decimal(38, 2)) as read_converted,
        try_cast(lines.score_stated as double) as qualification_score,
        cast(
            case
                when try_cast(lines.cycle_stated as double) between 0 and {{ days_of_a_century }} then round(try_cast(lines.cycle_stated as double))
            end as integer
        ) as cycle_days,
        versions.rule_id as version_rule,
        merged.merged_id is not null as is_merged
    from lines
    left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
    left join {{ ref('base_merged_records') }} as merged on merged.object = 'deals' and lines.deal_id = merged.merged_id

),

ruled as (

    select
        *,
        case
            when line_problem is not null then {{ rule_of_line('line_problem') }}
            when deal_id is null then 'missing_id'
            when is_merged then 'merged'
            when version_rule is not null then version_rule
            when is_deleted then 'deleted'
            when outcome is null and unreadable_flags is not null then 'unreadable_flag'
            when outcome is null then 'unknown_outcome'
            when closed_stated is not null and closed_on is null and outcome in ('won', 'lost') then 'unreadable_closed_on'
        end as rule_id
    from typed

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
    -- two dates decide how many days lie between them; of one and the days follows the other. The days of an open deal are its age
    case
        when created_stated is null and outcome != 'open' then cast({{ dbt.dateadd('day', '-cycle_days', 'closed_on') }} as date)
        else created_on
    end as created_on,
    case
        when closed_stated is null and outcome != 'open' then cast({{ dbt.dateadd('day', 'cycle_days', 'created_on') }} as date)
        else closed_on
    end as closed_on,
    try_cast(substring(close_date, 1, 10) as date) as close_date,
    close_stated,
    case when abs(read_amount) <= {{ largest_amount }} then cast(read_amount as decimal(18, 2)) end as amount,
    -- of an amount that is not nothing, nothing is no conversion
    case
        when abs(read_converted) <= {{ largest_amount }} and (read_converted != 0 or coalesce(read_amount, 0) = 0)
            then cast(read_converted as decimal(18, 2))
    end as amount_converted,
    coalesce(abs(read_amount) > {{ largest_amount }}, false) as is_amount_too_large,
    currency,
    owner,
    deal_type,
    lead_source,
    product,
    pipeline,
    competitor,
    loss_reason,
    win_factors,
    case when qualification_score between 0 and 1 then qualification_score end as qualification_score,
    cycle_days,
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type{{ extra_columns('ruled') }},
    nullif(concat_ws(
        ', ',
        unreadable_flags,
        case when is_account_rounded then 'account_id' end,
        case when is_deleted_unreadable then 'is_deleted' end,
        case when created_stated is not null and created_on is null then 'created_on' end,
        case when amount_stated is not null and read_amount is null then 'amount' end,
        case when converted_stated is not null and read_converted is null then 'amount_converted' end,
        case when score_stated is not null and qualification_score is null then 'qualification_score' end,
        case when qualification_score not between 0 and 1 then 'qualification_score' end,
        case when cycle_stated is not null and cycle_days is null then 'cycle_days' end,
        case when annual_revenue is not null and try_cast(annual_revenue as decimal(20, 2)) is null then 'annual_revenue' end,
        case when employees is not null and try_cast(employees as decimal(20, 2)) is null then 'employees' end,
        case when modified_stated is not null and modified_at is null then 'modified_at' end
    ), '') as unreadable_columns,
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
left join shared_ids on 1 = 1
where shared_ids.problem is null
