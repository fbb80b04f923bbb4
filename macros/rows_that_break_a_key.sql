{# What an enforced primary key would refuse, for tables that have none: rows whose key stands twice or is null. `keys`: the columns by model.
   No key is returned, since it may be a person's words. #}
{% macro rows_that_break_a_key(keys) -%}
    {%- for model, columns in keys.items() %}
select '{{ model }}' as model, '{{ columns | join(', ') }}' as key_columns, count(*) as rows_found
from {{ ref(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
