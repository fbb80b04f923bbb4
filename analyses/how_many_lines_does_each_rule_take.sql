-- How many lines does each rule take out of each kind of file?

select
    object,
    rule_id,
    decision,
    records,
    records_read,
    share
from {{ ref('rejected_record_counts') }}
where records > 0
order by object, records desc, rule_id
