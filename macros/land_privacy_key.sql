{# Keeps the key of the keyed hashes in a private table, so that it stands in no SQL text, log or artifact. #}
{% macro land_privacy_key() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed') -%}
    {{ return(adapter.dispatch('land_privacy_key')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__land_privacy_key() -%}
    {%- set problem = run_query('select privacy_key_problem()').rows[0][0] -%}
    {%- if problem -%}{{ stop(problem) }}{%- endif -%}
    create schema if not exists landing;
    create or replace table landing.privacy_key as select privacy_key() as privacy_key
{%- endmacro %}

{# Spark puts a variable of its own environment in place of ${env:...}; what it does not know it leaves as it is. Then a key is
   made once and kept beside the tables, as on DuckDB beside the private database. #}
{% macro spark__land_privacy_key() -%}
    {%- set random = "java_method('java.util.UUID', 'randomUUID')" -%}
    {%- do run_query('create schema if not exists landing') -%}
    {%- do run_query('create table if not exists landing.made_key as select ' ~ random ~ ' || ' ~ random ~ ' as made_key') -%}
    {%- do run_query('drop table if exists landing.privacy_key') -%}
    {%- set is_short = "'${env:WINLOSS_KEY}' not in ('', '$' || '{env:WINLOSS_KEY}') and length(trim('${env:WINLOSS_KEY}')) < 16" -%}
    {%- if run_query('select ' ~ is_short).rows[0][0] -%}
        {{ stop('WINLOSS_KEY holds no key of 16 letters and digits or more, so pseudonyms could be undone. State a longer one, such as the 64 that openssl rand -hex 32 prints.') }}
    {%- endif -%}
    create table landing.privacy_key as
    select case when '${env:WINLOSS_KEY}' in ('', '$' || '{env:WINLOSS_KEY}') then made_key else '${env:WINLOSS_KEY}' end as privacy_key
    from landing.made_key
{%- endmacro %}
