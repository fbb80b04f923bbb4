{# Whether this run is a full `dbt build` in which nothing failed: only such a run may publish or be remembered.
   Returns an empty text if so, else the reason why not. #}
{% macro why_not_whole(results) %}
    {%- set arguments = invocation_args_dict -%}
    {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | list -%}
    {%- if flags.WHICH != 'build' -%}
        {{ return('this was dbt ' ~ flags.WHICH ~ ', not dbt build') }}
    {%- elif flags.EMPTY -%}
        {{ return('--empty builds tables without rows') }}
    {%- elif arguments.select or arguments.exclude or arguments.selector or arguments.resource_types or arguments.exclude_resource_types -%}
        {{ return('only a part of the project was selected') }}
    {%- elif failed -%}
        {{ return(failed | length ~ ' step(s) failed') }}
    {%- elif results | selectattr('status', 'equalto', 'skipped') | list -%}
        {{ return('steps were skipped') }}
    {%- elif not results -%}
        {{ return('nothing was built') }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}
