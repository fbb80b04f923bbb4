{{ config(materialized='ephemeral') }}
{%- set fields = completeness_fields() -%}
-- One row per field whose filling is counted: why no file holds it, or null. That is another matter than one that is not filled in.
-- noqa: disable=LT02

select
    of_field.field,
    -- `not exported` comes before `not used` comes before any other
    case
        when max(case when asked.standing = 'not exported' then 1 else 0 end) = 1 then 'not exported'
        when max(case when asked.standing = 'not used' then 1 else 0 end) = 1 then 'not used'
    end as missing_reason
from (
    {% for field, described in fields.items() -%}
    {%- for column in described.columns -%}
    select '{{ field }}' as field, '{{ column }}' as column_name
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
) as of_field
left join {{ ref('int_asked_fields') }} as asked
    on of_field.column_name = asked.column_name and asked.object in ('deals', 'accounts')
group by of_field.field
