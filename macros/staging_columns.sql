{# A column that this source does not have. #}
{% macro absent() -%}
    cast(null as {{ dbt.type_string() }})
{%- endmacro %}

{# Keyed hash of an identifier: the same id gives the same text in every table, and cannot be guessed back without the key.
   Twelve characters hold 72 bits: among a hundred million ids two are alike with a chance of one in a million, and engines
   join, group and index so short a text several times as fast as a whole hash. #}
{% macro keyed_hash(kind, column) -%}
    case when {{ column }} is not null then base64(unhex(substring({{ keyed_md5(kind, column) }}, 1, 18))) end
{%- endmacro %}

{# The whole of it, in hexadecimal digits. #}
{% macro keyed_md5(kind, column) -%}
    md5((select privacy_key from {{ privacy_key_relation() }}) || '{{ kind }}:' || {{ column }})
{%- endmacro %}

{% macro privacy_key_relation() -%}
    {{ api.Relation.create(database=target.database or none, schema='landing', identifier='privacy_key') }}
{%- endmacro %}
