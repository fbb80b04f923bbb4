{%- set tables = {} -%}
{%- for object in warehouse_columns() -%}
    {%- set table = source('warehouse', object) -%}
    {%- if warehouse_table_columns(object) %}{% do tables.update({object: table}) %}{% endif -%}
{%- endfor -%}
-- One row per canonical table that is there, with its number of rows.

{% for object, table in tables.items() -%}
select
    '{{ object }}' as object,
    '{{ table.schema }}.{{ table.identifier }}' as source_file,
    {{ absent() }} as sha256,
    count(*) as records
from {{ table }}
{% if not loop.last %}union all
{% endif %}
{%- else -%}
select {{ absent() }} as object, {{ absent() }} as source_file, {{ absent() }} as sha256, cast(null as bigint) as records
where 1 = 0
{%- endfor %}
