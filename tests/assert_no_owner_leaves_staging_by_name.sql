{{ config(enabled=not var('show_owner_names')) }}
-- Detects an owner's name in the facts, where a pseudonym belongs.
-- Facts are read by every answer, and answers are handed round.
-- A returned row is a deal whose owner stands there by name. The name is not shown.

select distinct deals.deal_key
from {{ ref('fct_deals') }} as deals
inner join {{ ref('base_deal_lines') }} as lines on lower(deals.owner) = lower(lines.owner)
