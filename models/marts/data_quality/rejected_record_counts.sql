-- One row per object x rule: how many lines it rejected or excluded, none included.

with counted as (

    select
        object,
        rule_id,
        count(*) as records
    from {{ ref('rejected_records') }}
    group by object, rule_id

),

objects as (

    select
        object,
        sum(records) as records_read
    from {{ ref('input_files') }}
    group by object

)

select
    objects.object,
    rules.rule_id,
    rules.decision,
    rules.meaning,
    rules.remedy,
    rules.who_fixes,
    coalesce(counted.records, 0) as records,
    cast(objects.records_read as bigint) as records_read,
    coalesce(counted.records, 0) / nullif(objects.records_read, 0) as share
from objects
cross join {{ ref('reject_rules') }} as rules
left join counted on objects.object = counted.object and rules.rule_id = counted.rule_id
