{{ config(materialized='table') }}
{%- set extras = range(1, 7) %}
{%- set largest_amount = "cast('" ~ setting('largest_amount') ~ "' as decimal(38, 2))" %}
{%- set stated = [
    'account_id', 'outcome_stated', 'stage', 'created_stated', 'closed_stated', 'amount_stated', 'currency', 'owner', 'deal_type',
    'lead_source', 'product', 'pipeline', 'competitor', 'loss_reason', 'win_factors', 'score_stated', 'industry', 'annual_revenue',
    'employees', 'region', 'country', 'account_type', 'extra_1', 'extra_2', 'extra_3', 'extra_4', 'extra_5', 'extra_6',
] %}
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
        outcome as outcome_stated,
        stage,
        created_on as created_stated,
        closed_on as closed_stated,
        close_date,
        close_stated,
        modified_at as modified_stated,
        try_cast(modified_at as timestamp) as modified_at,
        amount as amount_stated,
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
        lower(is_deleted) in ('true', '1', 'yes') as is_deleted,
        industry,
        annual_revenue,
        employees,
        region,
        country,
        account_type
        {%- for extra in extras %},
        extra_{{ extra }}
        {%- endfor %}
    from {{ ref('base_deals') }}

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
        {{ fail("min(source_file) || ': ' || max(left_out) || ' of ' || max(records) || ' records have the id of another record and other content, so that they cannot be told apart. "
            ~ "Read the column with the id of the deal as deal_id, not a name; or set maximum_two_versions_share to at least ' || (ceil(max(1e2 * left_out / records)) / 1e2) || '.'") }} as problem
    from files
    where left_out > {{ setting('maximum_two_versions_share') }} * records
    having count(*) > 0

),

typed as (

    select
        lines.*,
        outcome_words.outcome,
        try_cast(substring(lines.created_stated, 1, 10) as date) as created_on,
        try_cast(substring(lines.closed_stated, 1, 10) as date) as closed_on,
        try_cast(lines.amount_stated as decimal(38, 2)) as read_amount,
        try_cast(lines.score_stated as double) as qualification_score,
        versions.rule_id as version_rule,
        merged.merged_id is not null as is_merged
    from lines
    left join {{ ref('outcome_words') }} as outcome_words on lower(lines.outcome_stated) = outcome_words.word
    left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
    left join {{ ref('base_merged_records') }} as merged on merged.object = 'deals' and lines.deal_id = merged.merged_id

)

select
    source_file,
    source_line,
    deal_id,
    account_id,
    has_several_accounts,
    outcome,
    stage,
    created_on,
    closed_on,
    try_cast(substring(close_date, 1, 10) as date) as close_date,
    close_stated,
    case when abs(read_amount) <= {{ largest_amount }} then cast(read_amount as decimal(18, 2)) end as amount,
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
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type
    {%- for extra in extras %},
    extra_{{ extra }}
    {%- endfor %},
    nullif(concat_ws(
        ', ',
        case when created_stated is not null and created_on is null then 'created_on' end,
        case when amount_stated is not null and read_amount is null then 'amount' end,
        case when score_stated is not null and qualification_score is null then 'qualification_score' end,
        case when qualification_score not between 0 and 1 then 'qualification_score' end,
        case when annual_revenue is not null and try_cast(annual_revenue as decimal(20, 2)) is null then 'annual_revenue' end,
        case when employees is not null and try_cast(employees as decimal(20, 2)) is null then 'employees' end,
        case when modified_stated is not null and modified_at is null then 'modified_at' end
    ), '') as unreadable_columns,
    case
        when line_problem is not null then {{ rule_of_line('line_problem') }}
        when deal_id is null then 'missing_id'
        when is_merged then 'merged'
        when version_rule is not null then version_rule
        when is_deleted then 'deleted'
        when outcome is null then 'unknown_outcome'
        when closed_stated is not null and closed_on is null and outcome in ('won', 'lost') then 'unreadable_closed_on'
    end as rule_id,
    case
        when line_problem is not null then line_problem
        when deal_id is null then 'deal_id is empty'
        when is_merged then 'the record was merged into another one'
        when version_rule is not null then {{ version_reason('version_rule', 'deal') }}
        when is_deleted then 'is_deleted is true'
        when outcome_stated is null then 'outcome is empty: state won, lost, open or disqualified'
        when outcome is null then case outcome_list
            when 'seeds/stage_map.csv' then 'stage "' || stage || '" is not in seeds/stage_map.csv; add a line, for example  ' || crm || ',' || stage || ',open'
            when 'seeds/outcome_words.csv'
                then 'status "' || outcome_stated || '" is not in seeds/outcome_words.csv; add a line, for example  ' || lower(outcome_stated) || ',open'
            else 'outcome "' || outcome_stated || '" is not mapped; add under mapping.outcomes, for example  open: ["' || outcome_stated || '"]'
        end
        when closed_stated is not null and closed_on is null and outcome in ('won', 'lost') then 'closed_on "' || closed_stated || '" is not a date'
    end as reason
from typed
left join shared_ids on 1 = 1
where shared_ids.problem is null
