{%- set columns = {
    'deals': 'deal_id outcome account_id closed_on created_on amount currency owner deal_type lead_source product pipeline competitor loss_reason win_factors qualification_score modified_at stage is_deleted',
    'accounts': 'account_id industry annual_revenue employees region country account_type modified_at is_deleted',
    'contacts': 'contact_id account_id title department buying_role modified_at is_deleted',
    'deal_contacts': 'deal_id contact_id buying_role is_primary added_on is_deleted',
} -%}
-- One row per object, file and column of the sample company: it has them all.

{% for object, names in columns.items() -%}
{% for name in names.split() -%}
select '{{ object }}' as object, 'sample_{{ object }}.csv' as source_file, '{{ name }}' as column_name, '{{ name }}' as source_header, 'mapped' as status
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
