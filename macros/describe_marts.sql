{# The first hook at the end of a run on DuckDB: writes what this run's marts and their columns mean beside them, where clients show it.
   All at once: dbt's persist_docs asks for the columns of every table twice and is a tenth of a small build. A contract holds each column
   to the description. Quoted here: five macros for each of a thousand columns, as text_literal has them, are a second of a small build. #}
{% macro describe_marts() -%}
    {%- if execute and target.type == 'duckdb' and flags.WHICH in ('build', 'run', 'retry') -%}
        {%- set statements = [] -%}
        {%- for result in results if result.node.resource_type == 'model' and result.status == 'success' and result.node.schema == 'marts' -%}
            {%- set mart = result.node -%}
            {%- set place = mart.schema ~ '.' ~ mart.alias -%}
            {%- do statements.append("comment on table " ~ place ~ " is '" ~ (mart.description | replace("'", "''")) ~ "'") -%}
            {%- for column in described_columns(mart) -%}
                {%- do statements.append(
                    'comment on column ' ~ place ~ '."' ~ column.name ~ '" is \'' ~ (column.description | replace("'", "''")) ~ "'"
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {{ return((['begin transaction'] + statements + ['commit']) | join(';\n') if statements else '') }}
    {%- endif -%}
{%- endmacro %}

{# Columns of a mart that say what they mean: its own, and those it hands on as the mart describes them that its `columns_of` names. #}
{% macro described_columns(mart) -%}
    {%- set columns = {} -%}
    {%- if mart.config.meta.columns_of -%}
        {%- do columns.update(graph.nodes['model.winloss.' ~ mart.config.meta.columns_of].columns) -%}
        {%- set built = run_query("select column_name from information_schema.columns where table_schema = '" ~ mart.schema ~ "' and table_name = '" ~ mart.alias ~ "'") -%}
        {%- for name in columns | list if name not in built.columns[0].values() -%}{%- do columns.pop(name) -%}{%- endfor -%}
    {%- endif -%}
    {%- do columns.update(mart.columns) -%}
    {{ return(columns.values() | selectattr('description') | list) }}
{%- endmacro %}
