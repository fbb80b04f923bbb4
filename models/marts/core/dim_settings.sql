-- One row per variable: the value this build used.

{% set shown = [] -%}
{%- for name, rule in declared_variables().items() if name not in ('mapping', 'extra_dimensions', 'dimensions') -%}
    {%- do shown.append((name, rule)) -%}
{%- endfor -%}
{%- for name, rule in shown -%}
{%- set value = var(name, '') -%}
select
    '{{ name }}' as setting,
    {% if name == 'crm' -%}
    (select crm from {{ source('landing', 'loads') }}) as value,
    {%- else -%}
    {{ dbt.string_literal((value | join(', ') if value is not string and value is iterable else value) | string | replace("'", '')) }} as value,
    {%- endif %}
    '{{ rule.meaning }}' as meaning
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
