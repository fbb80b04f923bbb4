-- Which attributes of the profile say nothing yet, and why?

select
    profile_field,
    missing_reason
from {{ ref('icp_profile') }}
where recommended_value is null and deprioritised_value is null
order by profile_field_order
