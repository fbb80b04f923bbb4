-- One row per column x object x value as it is stated, empty cells included: how many cells hold it. A cell that names several competitors holds
-- several values.

select
    'competitor' as column_name,
    'deals' as object,
    competitor as stated_value,
    sum(uses) as uses
from {{ ref('int_competitor_texts') }}
group by competitor
{% for column in deal_dimensions() + account_dimensions() if column != 'competitor' %}
union all
select '{{ column }}' as column_name, 'deals' as object, {{ column }} as stated_value, count(*) as uses
from {{ ref('stg_deals') }}
group by all
{% endfor %}
{% for column in account_dimensions() %}
union all
select '{{ column }}' as column_name, 'accounts' as object, {{ column }} as stated_value, count(*) as uses
from {{ ref('stg_accounts') }}
group by all
{% endfor %}
