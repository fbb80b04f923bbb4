-- One row per line of the OpportunityCompetitor files, with the rule that rejects or excludes it, or none. Accepted lines become a
-- column of deals.

with exported as (

    {{ read_exports('competitors') }}

),

lines as (

    select
        {{ salesforce_id('deal_id') }} as deal_id,
        competitor,
        coalesce(is_deleted = 'true', false) as is_deleted,
        source_file,
        source_line,
        line_problem,
        row_number() over (
            partition by {{ salesforce_id('deal_id') }}, competitor, coalesce(is_deleted = 'true', false), line_problem is null
            order by source_file, source_line
        ) as same_row
    from exported

)

select
    source_file,
    source_line,
    deal_id,
    competitor,
    case
        when line_problem is not null then 'malformed_line'
        when deal_id is null then 'missing_id'
        when same_row > 1 then 'exact_duplicate'
        when is_deleted then 'deleted'
    end as rule_id,
    case
        when line_problem is not null then line_problem
        when deal_id is null then 'deal_id is empty'
        when same_row > 1 then 'the same row was read before'
        when is_deleted then 'is_deleted is true'
    end as reason
from lines
