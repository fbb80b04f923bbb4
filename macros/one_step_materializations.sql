{# Tables, views and seeds on DuckDB, made in place in one transaction: whoever reads meanwhile sees the old one, and a step that
   fails leaves it. dbt's own way builds under a second name and renames twice, asks for the columns before it comments on them,
   and looks for indexes and foreign keys, none of which this project has: a fifth of a small build. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set table = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do drop_in_place(load_cached_relation(this)) -%}
    {%- call statement('main', language=model['language']) -%}
        {{ create_table_as(False, table, compiled_code, model['language']) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do comment_on(table) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set view = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do drop_in_place(load_cached_relation(this)) -%}
    {%- call statement('main') -%}
        {{ get_create_view_as_sql(view, sql) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do comment_on(view) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}

{# Where a seed stands already. #}
{% macro duckdb__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- do drop_in_place(old_relation) -%}
    {{ return(create_csv_table(model, agate_table)) }}
{%- endmacro %}

{% macro drop_in_place(relation) -%}
    {%- if relation is not none -%}
        {%- call statement('drop') -%} drop {{ relation.type }} if exists {{ relation }} {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{# What the YAML beside the model says of the relation and of its columns; a contract holds it to these columns. #}
{% macro comment_on(relation) -%}
    {%- set comments = [] -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {%- do comments.append('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ duckdb_escape_comment(model.description)) -%}
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for column in model.columns.values() -%}
            {%- do comments.append('comment on column ' ~ relation ~ '.' ~ column.name ~ ' is ' ~ duckdb_escape_comment(column.description)) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {%- call statement('comments') -%} {{ comments | join(';\n') }} {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
