{{ config(materialized='view') }}
-- One row per deal that was won, lost or disqualified x dimension. Counts of different dimensions may not be added.

{% for dimension in dimensions() -%}
select
    deal_key,
    '{{ dimension.name }}' as dimension,
    {{ dimension.column }} as segment,
    {{ dimension.recommendable | lower }} as is_recommendable,
    outcome,
    loss_reason_category,
    closed_on,
    cycle_days,
    amount
from {{ ref('fct_deals') }}
where is_in_population and outcome != 'open'
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
