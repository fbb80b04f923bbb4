-- What looks suspicious in the data, and what do the answers do with it?

select
    rule_id,
    meaning,
    records,
    of_records,
    share,
    effect
from {{ ref('data_quality_findings') }}
where records > 0
order by share desc, rule_id
