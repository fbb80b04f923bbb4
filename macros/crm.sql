{# The CRM whose exports are read. A wrong name is answered here, before dbt looks for models of it. #}
{% macro crm() %}
    {%- set known = ['sample', 'salesforce', 'hubspot', 'pipedrive', 'dynamics365', 'custom'] -%}
    {%- set name = var('crm', env_var('WINLOSS_CRM', 'sample')) -%}
    {%- if name not in known -%}
        {{ exceptions.raise_compiler_error('crm "' ~ name ~ '" is not known. Set crm (or WINLOSS_CRM) to one of: ' ~ known | join(', ') ~ '.') }}
    {%- endif -%}
    {{ return(name) }}
{% endmacro %}
