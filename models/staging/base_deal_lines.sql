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
        outcome as outcome_stated,
        stage,
        created_on as created_stated,
        closed_on as closed_stated,
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
        try_cast(lines.amount_stated as decimal(38, 2)) as read_amount,
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
        when outcome is null then case outcome_list
            when 'seeds/stage_map.csv' then 'stage "' || stage || '" is not in seeds/stage_map.csv; add a line, for example  ' || crm || ',' || stage || ',open'
            when 'seeds/outcome_words.csv'
                then 'status "' || outcome_stated || '" is not in seeds/outcome_words.csv; add a line, for example  ' || lower(outcome_stated) || ',open'
            else 'outcome "' || outcome_stated || '" is not mapped; add under mapping.outcomes, for example  open: ["' || outcome_stated || '"]'
        end
        when closed_stated is not null and closed_on is null and outcome in ('won', 'lost') then 'closed_on "' || closed_stated || '" is not a date'
    end as reason
from typed
