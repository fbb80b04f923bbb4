{# The models that hold every line of the files with the rule it falls under, by the object the lines are of. #}
{% macro models_of_lines() %}
    {%- set models = {
        'deals': 'base_deal_lines',
        'accounts': 'base_account_lines',
        'contacts': 'base_contact_lines',
        'deal_contacts': 'base_deal_contact_lines',
        'stage_history': 'base_stage_history_lines',
    } -%}
    {%- if crm() == 'salesforce' -%}
        {%- do models.update({'competitors': 'base_salesforce__competitors'}) -%}
    {%- endif -%}
    {{ return(models) }}
{% endmacro %}


{# The CRM whose exports are read. A wrong name is answered here, before dbt looks for models of it. #}
{% macro crm() %}
    {%- set known = ['sample', 'salesforce', 'hubspot', 'pipedrive', 'dynamics365', 'custom', 'warehouse'] -%}
    {%- set name = var('crm', env_var('WINLOSS_CRM', 'sample')) -%}
    {%- if name not in known -%}
        {{ exceptions.raise_compiler_error('crm "' ~ name ~ '" is not known. Set crm (or WINLOSS_CRM) to one of: ' ~ known | join(', ') ~ '.') }}
    {%- endif -%}
    {%- if target.type != 'duckdb' and name not in ['sample', 'warehouse'] -%}
        {{ exceptions.raise_compiler_error('crm "' ~ name ~ '" reads export files, which only DuckDB does. On ' ~ target.type ~ ' set crm (or WINLOSS_CRM) to warehouse, and load the deals as docs/exports/warehouse.md says.') }}
    {%- endif -%}
    {{ return(name) }}
{% endmacro %}


{# The profile that the company of this build works by: what the seed says of the sample company says nothing about anybody else. #}
{% macro current_profile() %}(select attribute, current_value from {{ ref('icp_current') }} where crm = '{{ crm() }}'){% endmacro %}
