{# The models that hold every line of the files with the rule it falls under, by the object the lines are of. #}
{% macro models_of_lines() %}
    {{ return({
        'deals': 'base_deal_lines',
        'accounts': 'base_account_lines',
        'contacts': 'base_contact_lines',
        'deal_contacts': 'base_deal_contact_lines',
        'deal_competitors': 'base_deal_competitors',
        'stage_history': 'base_stage_history_lines',
    }) }}
{% endmacro %}

{# The CRM whose rows are loaded; empty before the first load. #}
{% macro crm() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {{ return(what_is_loaded().crm or '') }}
{% endmacro %}


{# The profile that the company of this build works by: what the seed says of the sample company says nothing about anybody else. #}
{% macro current_profile() %}(select profile_field, current_value from {{ ref('icp_current') }} where crm in (select crm from {{ source('landing', 'loads') }})){% endmacro %}

{# Which files say the same: where there is no file of accounts deals say what accounts would, and roles stand in either of two files. #}
{% macro place_of_object(object) -%}
    case when {{ object }} in ('contacts', 'deal_contacts') then 'contacts' when {{ object }} = 'stage_history' then {{ object }} else 'deals' end
{%- endmacro %}
