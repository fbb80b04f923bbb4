-- Which lines were left out on purpose?

select
    records.source_file,
    records.source_line,
    records.rule_id,
    rules.meaning
from {{ ref('rejected_records') }} as records
left join {{ ref('rejected_record_counts') }} as rules on records.object = rules.object and records.rule_id = rules.rule_id
where records.decision = 'excluded'
order by records.source_file, records.source_line
