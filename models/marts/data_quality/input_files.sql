-- One row per input file x object read from it. Row counts reconcile: records = accepted + rejected + excluded.

with decided as (

    select
        lines.object,
        lines.source_file,
        count(*) filter (where lines.rule_id is null) as accepted,
        count(*) filter (where rules.decision = 'rejected') as rejected,
        count(*) filter (where rules.decision = 'excluded') as excluded
    from {{ ref('int_ruled_lines') }} as lines
    left join {{ ref('reject_rules') }} as rules on lines.rule_id = rules.rule_id
    group by lines.object, lines.source_file

)

select
    files.object,
    files.source_file,
    files.sha256,
    cast(files.records as bigint) as records,
    coalesce(decided.accepted, 0) as accepted,
    coalesce(decided.rejected, 0) as rejected,
    coalesce(decided.excluded, 0) as excluded,
    cast(files.records as bigint) - coalesce(decided.accepted, 0) - coalesce(decided.rejected, 0) - coalesce(decided.excluded, 0) as unaccounted
from {{ ref('int_files_with_records') }} as files
left join decided on files.object = decided.object and files.source_file = decided.source_file
