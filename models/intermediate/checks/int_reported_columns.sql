{{ config(materialized='ephemeral') }}
-- One row per input file x header or column, under the name that the answers use.

select
    case when rules.reported_object = '*' then landed.object else coalesce(rules.reported_object, landed.object) end as object,
    landed.source_file,
    coalesce(rules.reported_column, landed.column_name) as column_name,
    landed.source_header,
    case when landed.status = 'mapped' then coalesce(rules.found_by, 'mapped') else landed.status end as status
from {{ source('landing', 'columns') }} as landed
left join {{ ref('reported_columns') }} as rules
    on rules.object in ('*', landed.object) and landed.column_name = rules.column_name
-- a rule without a name to report: the column only serves to find or to number records
where rules.column_name is null or rules.reported_column is not null
union all
-- where a CRM's stages have outcomes, the stage says the outcome too
select
    landed.object,
    landed.source_file,
    'outcome' as column_name,
    landed.source_header,
    landed.status
from {{ source('landing', 'columns') }} as landed
inner join {{ ref('crm_rules') }} as rules on landed.crm = rules.crm and rules.stage_tells_outcome
where landed.object = 'deals' and landed.column_name = 'stage'
