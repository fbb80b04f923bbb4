{# dbt's own macro of this name, which drops whatever it is given: at the end of every table and view the one that was put aside, and in a full
   build none was. On DuckDB it keeps its word and asks what dbt knows to exist; a drop of nothing costs a twentieth of a small build. #}
{% macro drop_relation_if_exists(relation) -%}
    {%- if relation is not none and (target.type != 'duckdb' or load_cached_relation(relation) is not none) -%}
        {%- do adapter.drop_relation(relation) -%}
    {%- endif -%}
{%- endmacro %}
