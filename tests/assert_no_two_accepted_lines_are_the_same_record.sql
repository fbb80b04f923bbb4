-- Detects two accepted lines of the same deal, account, contact or contact on a deal: one of them is a duplicate or an older version.
-- Staging hashes these ids into keys that every join trusts to be unique.
-- A returned row is an id that was accepted more than once.

select 'deals' as object, deal_id as id, count(*) as accepted_lines
from {{ ref('base_deal_lines') }}
where rule_id is null
group by deal_id
having count(*) > 1
union all
select 'accounts' as object, account_id as id, count(*) as accepted_lines
from {{ ref('base_account_lines') }}
where rule_id is null
group by account_id
having count(*) > 1
union all
select 'contacts' as object, contact_id as id, count(*) as accepted_lines
from {{ ref('base_contact_lines') }}
where rule_id is null
group by contact_id
having count(*) > 1
union all
select 'deal_contacts' as object, deal_id || ' ' || contact_id as id, count(*) as accepted_lines
from {{ ref('base_deal_contact_lines') }}
where rule_id is null
group by deal_id, contact_id
having count(*) > 1
