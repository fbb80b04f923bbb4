{# Names of the dimensions a user adds to those out of the box, in the order of the columns extra_1 to extra_6. #}
{% macro extra_dimensions() %}
    {%- set mapping = setting('mapping') or {} -%}
    {%- set own = setting('extra_dimensions') or {} -%}
    {%- set added = (mapping.get('dimensions') if mapping is mapping else none) or own -%}
    {{ return((added | list) if added is mapping or (added is iterable and added is not string) else []) }}
{% endmacro %}
