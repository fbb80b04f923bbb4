{{ config(materialized='ephemeral') }}
-- One row per data-quality rule about fields that the answers ask for and the files do not give: how many fields, of how many.

with fields as (

    select
        field,
        max(missing_reason) as missing_reason,
        sum(filled_deals) as filled_deals
    from {{ ref('field_completeness') }}
    where period = 'all' and outcome in ('won', 'lost')
    group by field

)

-- what a missing object would hold is said of the object
select
    'field_not_exported' as rule_id,
    count(*) filter (where standing = 'not exported') as found,
    count(*) as of_records
from {{ ref('int_asked_fields') }} where column_name != '*' and not is_of_missing_object
union all
select
    'object_not_exported' as rule_id,
    count(*) filter (where standing = 'not exported') as found,
    count(*) as of_records
from {{ ref('int_asked_fields') }} where column_name = '*'
union all
select
    'field_not_used' as rule_id,
    count(*) filter (where standing = 'not used') as found,
    count(*) as of_records
from {{ ref('int_asked_fields') }}
union all
select
    'field_not_filled_in' as rule_id,
    count(*) filter (where filled_deals = 0 and missing_reason is null) as found,
    count(*) filter (where missing_reason is null) as of_records
from fields
