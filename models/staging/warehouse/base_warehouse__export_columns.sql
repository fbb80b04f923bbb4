{%- set stated = [] -%}
{%- for object, wanted in warehouse_columns().items() -%}
    {%- set table = source('warehouse', object) -%}
    {%- set present = warehouse_table_columns(object) -%}
    {%- set read = [] -%}
    {%- for column in wanted if column in present or (present and not column.startswith('extra_')) -%}
        {%- do read.append(present[column]) -%}
        {%- do stated.append((object, table, column, present.get(column), 'mapped' if column in present else 'missing')) -%}
    {%- endfor -%}
    {%- for header in present.values() if header not in read -%}
        {%- do stated.append((object, table, none, header, 'ignored')) -%}
    {%- endfor -%}
{%- endfor -%}
-- One row per canonical table and column: one that is read, one that is missing, or one that nobody uses.

{% for object, table, column, header, status in stated -%}
select
    '{{ object }}' as object,
    '{{ table.schema }}.{{ table.identifier }}' as source_file,
    {{ "'" ~ column ~ "'" if column else absent() }} as column_name,
    {{ dbt.string_literal(header[1:-1] | replace("'", '')) if header else absent() }} as source_header,
    '{{ status }}' as status
{% if not loop.last %}union all
{% endif %}
{%- else -%}
select
    {{ absent() }} as object, {{ absent() }} as source_file, {{ absent() }} as column_name, {{ absent() }} as source_header, {{ absent() }} as status
where 1 = 0
{%- endfor %}
