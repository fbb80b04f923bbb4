{{ config(materialized='ephemeral') }}
-- One row per distinct stated text of competitors x name in it, as it is stated; none for an empty cell, nor for a part without content.

select
    parts.stated_competitors,
    parts.uses,
    coalesce(lists.piece, parts.name) as competitor,
    coalesce(lists.is_doubtful, false) as is_doubtful
from {{ ref('int_competitor_parts') }} as parts
left join {{ ref('int_competitor_lists') }} as lists on parts.name = lists.name
