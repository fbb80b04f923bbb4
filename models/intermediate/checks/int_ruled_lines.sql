{{ config(materialized='ephemeral') }}
-- One row per line of the files x object read from it, with the rule that rejects or excludes it, or none.

{% for object, model in models_of_lines().items() -%}
select
    '{{ object }}' as object,
    source_file,
    source_line,
    rule_id,
    reason
from {{ ref(model) }}
{{ 'union all' if not loop.last }}
{% endfor %}
