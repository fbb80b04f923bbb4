-- Detects an owner's name in the facts, where a pseudonym belongs.
-- Facts are read by every answer, and answers are handed round.
-- A returned row is a deal whose owner is no pseudonym. The name is not shown.

select deal_key
from {{ ref('fct_deals') }}
where
    owner != 'unknown' and not {{ matches('owner', '^owner-[0-9a-f]{8}$') }}
    and not {{ setting('show_owner_names') | as_bool }}
