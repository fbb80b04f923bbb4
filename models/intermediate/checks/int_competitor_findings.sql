{{ config(materialized='ephemeral') }}
-- One row: how many stated names of competitors may be several, of how many.

select
    'competitors_in_one_name' as rule_id,
    cast(coalesce(sum(case when is_doubtful then uses end), 0) as bigint) as found,
    cast(coalesce(sum(uses), 0) as bigint) as of_records
from {{ ref('int_competitor_texts') }}
where competitor is not null
