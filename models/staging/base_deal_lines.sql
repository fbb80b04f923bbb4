{{ config(materialized='table') }}
{%- set extras = range(1, 7) %}
{%- set stated = [
    'account_id', 'outcome_stated', 'stage', 'created_stated', 'closed_stated', 'amount_stated', 'currency', 'owner', 'deal_type',
    'lead_source', 'product', 'pipeline', 'competitor', 'loss_reason', 'win_factors', 'score_stated', 'industry', 'annual_revenue',
    'employees', 'region', 'country', 'account_type', 'extra_1', 'extra_2', 'extra_3', 'extra_4', 'extra_5', 'extra_6',
] %}
-- One row per line of the deal files, typed, with the rule that rejects or excludes it, or none.
-- An unreadable optional value becomes null and is named in `unreadable_columns`; the line stays.
-- noqa: disable=LT02

with lines as (

    select
        source_file,
        source_line,
        line_problem,
        file_order,
        {{ clean_text('deal_id') }} as deal_id,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('outcome') }} as outcome_stated,
        {{ clean_text('stage') }} as stage,
        {{ clean_text('created_on') }} as created_stated,
        {{ clean_text('closed_on') }} as closed_stated,
        {{ clean_text('modified_at') }} as modified_stated,
        try_cast(modified_at as timestamp) as modified_at,
        {{ clean_text('amount') }} as amount_stated,
        {{ clean_text('currency') }} as currency,
        {{ clean_text('owner') }} as owner,
        {{ clean_text('deal_type') }} as deal_type,
        {{ clean_text('lead_source') }} as lead_source,
        {{ clean_text('product') }} as product,
        {{ clean_text('pipeline') }} as pipeline,
        {{ clean_text('competitor') }} as competitor,
        {{ clean_text('loss_reason') }} as loss_reason,
        {{ clean_text('win_factors') }} as win_factors,
        {{ clean_text('qualification_score') }} as score_stated,
        lower(trim(is_deleted)) in ('true', '1', 'yes') as is_deleted,
        {{ clean_text('industry') }} as industry,
        {{ clean_text('annual_revenue') }} as annual_revenue,
        {{ clean_text('employees') }} as employees,
        {{ clean_text('region') }} as region,
        {{ clean_text('country') }} as country,
        {{ clean_text('account_type') }} as account_type
        {%- for extra in extras %},
        {{ clean_text('extra_' ~ extra) }} as extra_{{ extra }}
        {%- endfor %}
    from {{ ref('base_' ~ crm() ~ '__deals') }}

),

-- only ids that stand on several lines can be duplicates or superseded
repeated_ids as (

    select deal_id
    from lines
    where line_problem is null and deal_id is not null
    group by deal_id
    having count(*) > 1

),

-- the newest version of a deal: by modified time, else by the order of the files, else the last line
versions as (

    select
        lines.source_file,
        lines.source_line,
        row_number() over (
            partition by lines.deal_id
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as newest_first,
        row_number() over (
            partition by
                lines.deal_id,
                coalesce(lines.is_deleted, false)
                {%- for column in stated %},
                lines.{{ column }}
                {%- endfor %}
            order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
        ) as same_row_newest_first
    from lines
    inner join repeated_ids on lines.deal_id = repeated_ids.deal_id
    where lines.line_problem is null

),

typed as (

    select
        lines.*,
        outcome_words.outcome,
        try_cast(substring(lines.created_stated, 1, 10) as date) as created_on,
        try_cast(substring(lines.closed_stated, 1, 10) as date) as closed_on,
        try_cast(lines.amount_stated as decimal(18, 2)) as amount,
        try_cast(lines.score_stated as double) as qualification_score,
        versions.newest_first,
        versions.same_row_newest_first
    from lines
    left join {{ ref('outcome_words') }} as outcome_words on lower(lines.outcome_stated) = outcome_words.word
    left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line

)

select
    source_file,
    source_line,
    deal_id,
    account_id,
    outcome,
    stage,
    created_on,
    closed_on,
    amount,
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
        case when amount_stated is not null and amount is null then 'amount' end,
        case when score_stated is not null and qualification_score is null then 'qualification_score' end,
        case when qualification_score not between 0 and 1 then 'qualification_score' end,
        case when annual_revenue is not null and try_cast(annual_revenue as decimal(20, 2)) is null then 'annual_revenue' end,
        case when employees is not null and try_cast(employees as decimal(20, 2)) is null then 'employees' end,
        case when modified_stated is not null and modified_at is null then 'modified_at' end
    ), '') as unreadable_columns,
    case
        when line_problem = 'footer of the report' then 'footer'
        when line_problem is not null then 'malformed_line'
        when deal_id is null then 'missing_id'
        when same_row_newest_first > 1 then 'exact_duplicate'
        when newest_first > 1 then 'superseded'
        when is_deleted then 'deleted'
        when outcome is null then 'unknown_outcome'
        when closed_stated is not null and closed_on is null and outcome in ('won', 'lost') then 'unreadable_closed_on'
    end as rule_id,
    case
        when line_problem is not null then line_problem
        when deal_id is null then 'deal_id is empty'
        when same_row_newest_first > 1 then 'the same row was read before'
        when newest_first > 1 then 'a newer version of this deal was read'
        when is_deleted then 'is_deleted is true'
        when outcome_stated is null then 'outcome is empty: state won, lost, open or disqualified'
        {% if crm() in ('pipedrive', 'dynamics365') -%}
        when outcome is null
            then 'status "' || outcome_stated || '" is not in seeds/outcome_words.csv; add a line, for example  ' || lower(outcome_stated) || ',open'
        {% elif crm() != 'custom' -%}
        when outcome is null and stage is not null
            then 'stage "' || stage || '" is not in seeds/stage_map.csv; add a line, for example  {{ crm() }},' || stage || ',open'
        {% endif -%}
        when outcome is null
            then 'outcome "' || outcome_stated || '" is not mapped; add under mapping.outcomes, for example  open: ["' || outcome_stated || '"]'
        when closed_stated is not null and closed_on is null and outcome in ('won', 'lost') then 'closed_on "' || closed_stated || '" is not a date'
    end as reason
from typed
