{# Names of the dimensions a user adds to those out of the box, in the order of the columns extra_1 to extra_6. #}
{% macro extra_dimensions() %}
    {%- set mapping = setting('mapping') or {} -%}
    {%- set own = setting('extra_dimensions') or {} -%}
    {%- set added = (mapping.get('dimensions') if mapping is mapping else none) or own -%}
    {{ return((added | list) if added is mapping or (added is iterable and added is not string) else []) }}
{% endmacro %}

{# Those of them whose values are people, by their column: pseudonyms in the private database, and never published or recommended, as owners. #}
{% macro people_dimensions() %}
    {%- set mapping = setting('mapping') or {} -%}
    {%- set own = setting('extra_dimensions') or {} -%}
    {%- set added = (mapping.get('dimensions') if mapping is mapping else none) or own -%}
    {%- set people = {} -%}
    {%- for name in extra_dimensions() if added is mapping and added[name] is mapping and added[name].get('is_person') -%}
        {%- do people.update({'extra_' ~ (extra_dimensions().index(name) + 1): name}) -%}
    {%- endfor -%}
    {{ return(people) }}
{% endmacro %}
