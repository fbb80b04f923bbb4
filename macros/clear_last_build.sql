{# Before the first step of a full build on DuckDB: takes away what the last one built, all of it at once. dbt would else put each table aside,
   rename it, look for its indexes and drop it; and where a build stops early, no table of an older one stands among the new ones. History,
   landing tables and what dbt did not build stay. #}
{% macro clear_last_build() -%}
    {%- if execute and target.type == 'duckdb' and not why_not_full() -%}
        {%- set standing = {} -%}
        {%- for schema, name, kind in run_query(
            'select table_schema, table_name, table_type from information_schema.tables where table_catalog = current_database()'
        ).rows -%}
            {%- do standing.update({schema ~ '.' ~ name: 'view' if kind == 'VIEW' else 'table'}) -%}
        {%- endfor -%}
        {%- set drops = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') -%}
            {%- set kind = standing.get(node.schema ~ '.' ~ node.alias) -%}
            {%- if kind -%}
                {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type=kind) -%}
                {%- do drops.append('drop ' ~ kind ~ ' ' ~ relation) -%}
                {%- do adapter.cache_dropped(relation) -%}
            {%- endif -%}
        {%- endfor -%}
        {{ return((['begin transaction'] + drops + ['commit']) | join(';\n') if drops else '') }}
    {%- endif -%}
{%- endmacro %}
