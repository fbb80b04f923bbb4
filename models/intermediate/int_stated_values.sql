{%- set account_columns = account_dimensions() -%}
{%- set columns = deal_dimensions() + account_columns -%}
-- One row per column x object x value as it is stated, empty cells included: how many cells hold it. A cell that names several competitors holds
-- several values.

{% for column in columns %}
{% if column == 'competitor' -%}
select
    'competitor' as column_name,
    'deals' as object,
    competitor as stated_value,
    sum(uses) as uses
from {{ ref('int_competitor_texts') }}
group by competitor
{%- else -%}
select
    '{{ column }}' as column_name,
    'deals' as object,
    {{ column }} as stated_value,
    count(*) as uses
from {{ ref('stg_deals') }}
group by {{ column }}
{%- endif %}
{% if column in account_columns %}
union all
select
    '{{ column }}' as column_name,
    'accounts' as object,
    {{ column }} as stated_value,
    count(*) as uses
from {{ ref('stg_accounts') }}
group by {{ column }}
{% endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
