-- How many stale deals lie inside and outside the profile?

select
    profile_standing,
    open_deals,
    stale_deals
from {{ ref('open_pipeline_by_profile') }}
order by standing_order
