{# Keeps the key of the keyed hashes in a private table, so that it stands in no SQL text, log or artifact. #}
{% macro land_privacy_key() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed') -%}
    {{ return(adapter.dispatch('land_privacy_key')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__land_privacy_key() -%}
    create schema if not exists landing;
    create or replace table landing.privacy_key as select privacy_key() as privacy_key
{%- endmacro %}
