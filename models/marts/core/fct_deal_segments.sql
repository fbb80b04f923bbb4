{{ config(materialized='view') }}
-- One row per deal that was won, lost or disqualified x dimension, and for the competitor x competitor named. Counts of different
-- dimensions may not be added, nor may those of different competitors: count the rows that are first.

-- depends_on: {{ ref('fct_deals') }}
-- depends_on: {{ ref('bridge_deal_competitors') }}
{% for dimension in dimensions() -%}
{% set is_named = dimension.name == 'competitor' -%}
select
    deals.deal_key,
    deals.account_key,
    '{{ dimension.name }}' as dimension,
    {{ "coalesce(named.competitor, deals.competitor)" if is_named else 'deals.' ~ dimension.name }} as segment,
    {{ dimension.recommendable | lower }} as is_recommendable,
    {{ 'coalesce(named.is_first, true)' if is_named else 'true' }} as is_first,
    deals.outcome,
    deals.decision_line,
    deals.loss_reason_category,
    deals.closed_on,
    deals.cycle_days,
    deals.amount
from {{ ref('fct_deals') }} as deals
{% if is_named -%}
left join {{ ref('bridge_deal_competitors') }} as named on deals.deal_key = named.deal_key
{% endif -%}
where deals.is_in_population and deals.outcome != 'open'
{{ 'union all' if not loop.last }}
{% endfor %}
