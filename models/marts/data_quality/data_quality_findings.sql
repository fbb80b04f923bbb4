-- One row per data-quality rule: how many accepted rows it concerns, none included. Suspicious is not wrong: the rows stay.

with found as (  -- noqa: disable=LT09

    select rule_id, found, of_records from {{ ref('int_deal_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_record_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_contact_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_field_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_file_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_version_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_outcome_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_person_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_pace_findings') }}
    union all
    select rule_id, found, of_records from {{ ref('int_competitor_findings') }}

),

-- a field that no file holds is not one that people leave empty
absent_fields as (

    select field
    from {{ ref('field_completeness') }}
    group by field
    having max(missing_reason) is not null

),

judged as (

    select
        found.rule_id,
        rules.meaning,
        case when absent_fields.field is null then found.found else 0 end as records,
        case when absent_fields.field is null then found.of_records else 0 end as of_records,
        rules.effect,
        rules.remedy,
        rules.who_fixes
    from found
    inner join {{ ref('data_quality_rules') }} as rules on found.rule_id = rules.rule_id
    left join absent_fields on rules.field = absent_fields.field

)

select
    rule_id,
    meaning,
    records,
    of_records,
    records / nullif(of_records, 0) as share,
    effect,
    remedy,
    who_fixes
from judged
