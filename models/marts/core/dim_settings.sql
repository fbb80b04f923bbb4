-- One row per setting that is no one's own: the value this build used.

select
    name as setting,
    case name
        when 'crm' then (select crm from {{ source('landing', 'loads') }})
        {%- for name, value in (settings() if execute else {}).items() if name != 'crm' %}
        {%- set listed = (value | join(', ') if value is iterable else value) | string | replace("'", '') %}
        when
            '{{ name }}'
            then {{ dbt.string_literal(dbt.escape_single_quotes(value) if value is string else listed) }}
        {%- endfor %}
    end as value,
    meaning
from {{ ref('settings') }}
where is_published
