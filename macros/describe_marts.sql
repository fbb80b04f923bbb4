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
            {%- for column in mart.columns.values() if column.description -%}
                {%- do statements.append(
                    'comment on column ' ~ place ~ '."' ~ column.name ~ '" is \'' ~ (column.description | replace("'", "''")) ~ "'"
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {{ return((['begin transaction'] + statements + ['commit']) | join(';\n') if statements else '') }}
    {%- endif -%}
{%- endmacro %}
