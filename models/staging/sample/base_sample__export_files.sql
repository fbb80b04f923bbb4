-- One row per file of the sample company, with its number of records.

{% for object in ['deals', 'accounts', 'contacts', 'deal_contacts'] -%}
select
    '{{ object }}' as object,
    'sample_{{ object }}.csv' as source_file,
    {{ absent() }} as sha256,
    count(*) as records
from {{ ref('sample_' ~ object) }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
