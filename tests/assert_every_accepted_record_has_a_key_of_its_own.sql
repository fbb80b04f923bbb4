{%- set keys = {'stg_deals': ['deal_key'], 'stg_accounts': ['account_key'], 'stg_contacts': ['contact_id']} -%}
-- Detects two accepted lines of one deal, account, contact, contact on a deal or stage entered, and accepted lines without the id of theirs.
-- Every join trusts these keys to be unique: one of two would be a duplicate or an older version. Of a contact, and of a
-- contact on a deal, it is the ids, of which the keys are made: millions of keys would be hashed for this alone.
-- A returned row is a model with the columns of its key.

{{ rows_that_break_a_key(keys) }}
union all
select
    'base_deal_contact_lines' as model,
    'deal_id, contact_id' as key_columns,
    count(*) as rows_found
from {{ ref('base_deal_contact_lines') }}
where rule_id is null
group by deal_id, contact_id
having count(*) > 1 or deal_id is null or contact_id is null
union all
-- a day that cannot be read is null, and tells no two changes of stage apart
select
    'stg_stage_history' as model,
    'deal_key, stage, entered_on' as key_columns,
    count(*) as rows_found
from {{ ref('stg_stage_history') }}
group by deal_key, stage, entered_on
having deal_key is null or (count(*) > 1 and entered_on is not null)
