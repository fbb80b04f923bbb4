{%- set keys = {
    'int_buying_roles': ['stated_role'],
    'int_competitors': ['stated_competitors', 'competitor'],
    'int_loss_reasons': ['loss_reason', 'category'],
    'int_segments': ['column_name', 'stated_value'],
    'int_titles': ['title'],
    'int_unmapped_loss_reasons': ['loss_reason'],
    'int_win_factors': ['win_factors', 'win_factor'],
    'fct_deals': ['deal_key'],
    'bridge_deal_competitors': ['deal_key', 'competitor'],
    'bridge_deal_contacts': ['deal_key', 'contact_key'],
    'bridge_deal_loss_reasons': ['deal_key', 'category'],
    'bridge_deal_win_factors': ['deal_key', 'win_factor'],
} -%}
-- Detects a wording that is read twice, and a deal that stands twice in the facts, or twice with the same competitor, contact, reason or
-- factor: a join met two matches. Every count is a count of such rows. They are too many for a key of the table, which engines keep as an
-- index in memory.
-- A returned row is a model with the columns of its key.

{{ rows_that_break_a_key(keys) }}
union all
select
    'int_currencies' as model,
    'one row' as key_columns,
    count(*) as rows_found
from {{ ref('int_currencies') }}
having count(*) != 1
