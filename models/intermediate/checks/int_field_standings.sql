{{ config(materialized='ephemeral') }}
{%- set rows = [] -%}
{%- for field, described in completeness_fields().items() -%}
{%- for name in described.columns -%}{%- do rows.append((field, name)) -%}{%- endfor -%}
{%- endfor -%}
-- One row per field whose filling is counted: why no file holds it, or null. That is another matter than one that is not filled in.

select
    of_field.field,
    -- `not exported` comes before `not used` comes before any other
    case
        when max(case when asked.standing = 'not exported' then 1 else 0 end) = 1 then 'not exported'
        when max(case when asked.standing = 'not used' then 1 else 0 end) = 1 then 'not used'
    end as missing_reason
from (values {{ rows | join(',\n    ') }}) as of_field (field, column_name)
left join {{ ref('int_asked_fields') }} as asked
    on of_field.column_name = asked.column_name and asked.object in ('deals', 'accounts')
group by of_field.field
