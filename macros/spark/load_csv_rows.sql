{# Rows of a seed on Spark, instead of dbt-spark's own: in a session that one writes empty cells as the word None and stumbles over
   quotes. One statement and one file, so that the rows keep the order of the CSV file. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set lines = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- set cell = row[loop.index0] -%}
            {%- set kind = types.get(name, 'string') -%}
            {%- set literal = 'null' if cell is none else "'" ~ (cell | string | replace('\\', '\\\\') | replace("'", "\\'") | replace('${', '$\\{')) ~ "'" -%}
            {%- do cells.append(literal if kind == 'string' else 'cast(' ~ literal ~ ' as ' ~ kind ~ ')') -%}
        {%- endfor -%}
        {%- do lines.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- if lines -%}
        {%- do adapter.add_query('insert into ' ~ this ~ ' select /*+ coalesce(1) */ * from values\n' ~ lines | join(',\n'), abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return('insert into ' ~ this ~ ' values ...') }}
{%- endmacro %}
