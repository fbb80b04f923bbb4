{{ config(materialized='ephemeral') }}
{%- set content = [
    'account_id', 'outcome_stated', 'stage', 'created_stated', 'closed_stated', 'amount_stated', 'converted_stated', 'currency', 'loss_reason',
    'win_factors', 'score_stated', 'cycle_stated', 'annual_revenue', 'employees',
] + account_dimensions() + deal_dimensions() %}
-- One row per line of the deal files, as in base_typed_deals, with the rule that rejects or excludes it, or none.
-- The view is read anew for each question, and of it only what is asked: as a step, every line would stand in memory with all its columns.

with versions as (

    {{ versions_of_lines(ref('base_typed_deals'), 'deal_id', content) }}

),

judged as (

    select
        lines.*,
        versions.rule_id as version_rule,
        merged.merged_id is not null as is_merged
    from {{ ref('base_typed_deals') }} as lines
    left join versions on lines.source_file = versions.source_file and lines.source_line = versions.source_line
    left join {{ ref('base_merged_records') }} as merged on merged.object = 'deals' and lines.deal_id = merged.merged_id

),

-- an id that many records share is none: of all deals of a name only one would count
shared_ids as (

    select case when count(*) > 0 then {{ fail("min(source_file) || ': ' || max(left_out) || ' of ' || max(records) || ' records have the id of another record and other content, so that they cannot be told apart. "
        ~ "Read the column with the id of the deal as deal_id, not a name; or set maximum_two_versions_share to at least ' || (ceil(max(1e2 * left_out / records)) / 1e2) || '.'") }} end as problem
    from (
        select lines.source_file, count(*) as records, max(versions.left_out) as left_out  -- noqa: LT09
        from {{ ref('base_typed_deals') }} as lines
        inner join (
            select source_file, count(*) as left_out
            from versions where rule_id = 'two_versions_in_one_file' group by source_file
        ) as versions on lines.source_file = versions.source_file
        group by lines.source_file
    ) as files
    where left_out > {{ setting('maximum_two_versions_share') }} * records

)

select
    judged.*,
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
from judged
cross join shared_ids
where shared_ids.problem is null
