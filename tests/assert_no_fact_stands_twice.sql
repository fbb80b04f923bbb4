{%- set keys = {
    'fct_deals': 'deal_key', 'bridge_deal_competitors': 'competitor', 'bridge_deal_contacts': 'contact_key', 'bridge_deal_loss_reasons': 'category', 'bridge_deal_win_factors': 'win_factor',
} -%}
-- Detects a deal that stands twice in the facts, or twice with the same competitor, contact, reason or factor: a join met two matches.
-- Every count is a count of such rows. They are too many for a key of the table, which engines keep as an index in memory.
-- A returned row is the table and the doubled key.

{% for fact, key in keys.items() -%}
select '{{ fact }}' as fact, deal_key, {{ key }} as second_key, count(*) as rows_found
from {{ ref(fact) }}
group by deal_key, {{ key }}
having count(*) > 1
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
