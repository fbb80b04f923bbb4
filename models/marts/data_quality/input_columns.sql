-- One row per input file x column: a header that is read or ignored, or a column of the project that the file lacks, with what that costs.
-- Names are those the answers use. `matched`: no ids, so that records were found by name, domain or e-mail address. An object of which no
-- file is read has a row without file and column.

with renamed as (

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

),

exported as (

    select
        object,
        source_file,
        column_name,
        {{ listed('source_header', ' or ') }} as source_header,
        -- `mapped` comes before `matched`, and that before `missing`
        min(status) as status
    from renamed
    group by object, source_file, column_name, case when column_name is null then source_header end

)

select
    exported.object,
    exported.source_file,
    exported.column_name,
    case when exported.status != 'missing' then exported.source_header end as source_header,
    case when exported.status = 'missing' and asked.standing = 'not used' then 'not used' else exported.status end as status,
    case
        when exported.status = 'missing' and asked.standing = 'not needed' then 'Nothing the answers need.'
        when exported.status = 'missing' and coalesce(asked.standing, '') != 'not used'
            then coalesce(canonical_columns.missing_means, 'Nothing the answers need.')
    end as missing_means,
    case
        when exported.status = 'missing' and coalesce(asked.standing, '') not in ('not used', 'not needed') and canonical_columns.missing_means is not null
            then 'Add the column to the export; or name it under ignore where the company has no such field.'
    end as remedy
from exported
left join {{ ref('canonical_columns') }} as canonical_columns
    on exported.object = canonical_columns.object
    and exported.column_name = canonical_columns.column_name
left join {{ ref('int_asked_fields') }} as asked
    on exported.object = asked.object
    and exported.column_name = asked.column_name
union all
select
    object,
    {{ absent() }} as source_file,
    {{ absent() }} as column_name,
    {{ absent() }} as source_header,
    case when standing = 'not used' then 'not used' else 'missing' end as status,
    case when standing = 'not exported' then missing_means end as missing_means,
    case
        when standing = 'not exported' then 'Export these records too, as the guide of the CRM says; or name them under ignore where the company has none.'
    end as remedy
from {{ ref('int_asked_fields') }}
where column_name = '*' and standing != 'exported'
