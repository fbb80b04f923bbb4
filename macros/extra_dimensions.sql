{# The dimensions a user adds to those out of the box, by their name: a header, or what more is stated of it. #}
{% macro stated_dimensions() %}
    {%- set mapping = setting('mapping') or {} -%}
    {%- set own = setting('extra_dimensions') or {} -%}
    {%- set added = (mapping.get('dimensions') if mapping is mapping else none) or own -%}
    {{ return(added if added is mapping or (added is iterable and added is not string) else {}) }}
{% endmacro %}

{# Their names, which are also their columns from the landing table to the facts. #}
{% macro extra_dimensions() %}
    {{ return(stated_dimensions() | list) }}
{% endmacro %}

{# Those that say what the account is, as its file states it, and not what the deal is: accounts are scored by them. People are no attribute. #}
{% macro extra_account_dimensions() %}
    {%- set added = stated_dimensions() -%}
    {%- set chosen = [] -%}
    {%- for name in added if added is mapping and added[name] is mapping and added[name].get('is_of_account') and name not in people_dimensions() -%}
        {%- do chosen.append(name) -%}
    {%- endfor -%}
    {{ return(chosen) }}
{% endmacro %}

{# Those whose values are people: pseudonyms in the private database, and never published or recommended, as owners. #}
{% macro people_dimensions() %}
    {%- set added = stated_dimensions() -%}
    {%- set people = [] -%}
    {%- for name in added if added is mapping and added[name] is mapping and added[name].get('is_person') -%}
        {%- do people.append(name) -%}
    {%- endfor -%}
    {{ return(people) }}
{% endmacro %}
